// SPDX-License-Identifier: GPL-2.0-or-later
/* Files in memory: each format, bombs, damage, and things that are not files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "resolve/image.h"
#include "resolve/unpack.h"
#include "tree.h"

#define ROOM (1 << 20)

/* Packs data into `out`; returns the size there. */
static size_t pack(enum kpm_packing how, const char *data, size_t size, char *out, size_t room)
{
	size_t used = 0;

	if (how == KPM_XZ) {
		assert_int_equal(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL,
							 (const uint8_t *)data, size,
							 (uint8_t *)out, &used, room),
				 LZMA_OK);
	} else if (how == KPM_ZSTD) {
		used = ZSTD_compress(out, room, data, size, 1);
		assert_false(ZSTD_isError(used));
	} else if (how == KPM_GZIP) {
		z_stream s = {.next_in = (Bytef *)data,
			      .avail_in = size,
			      .next_out = (Bytef *)out,
			      .avail_out = room};

		deflateInit2(&s, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
		assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
		used = s.total_out;
		deflateEnd(&s);
	} else {
		memcpy(out, data, size);
		used = size;
	}
	return used;
}

static const char *const names[] = {"plain", "xz", "zst", "gz"};

static void unpacks(void **state)
{
	static char data[300000], packed[400000];
	const char *t = *state;
	char path[1024];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * i >> 7;
	for (int how = KPM_PLAIN; how <= KPM_GZIP; how++) {
		struct kpm_buffer buf;
		struct kpm_image image;
		size_t size = pack(how, data, sizeof(data), packed, sizeof(packed));

		/* exactly as much as it may be */
		kpm_buffer_init(&buf, sizeof(data));
		tree_bytes(t, names[how], packed, size);
		/* twice: the memory is used again */
		for (int n = 0; n < 2; n++) {
			assert_int_equal(
				kpm_image_open(tree_path(t, names[how], path), &buf, &image, NULL),
				0);
			assert_int_equal(image.size, sizeof(data));
			assert_memory_equal(image.data, data, sizeof(data));
			assert_int_equal(image.unpacked, how != KPM_PLAIN);
			kpm_image_close(&image);
		}
		kpm_buffer_done(&buf);
	}
}

static void bombs(void **state)
{
	char *zeros = calloc(64, ROOM), *packed = malloc(ROOM);
	const char *t = *state;
	char path[1024];

	for (int how = KPM_XZ; how <= KPM_GZIP; how++) {
		struct kpm_buffer buf;
		struct kpm_image image;
		struct kpm_err err;
		size_t size = pack(how, zeros, (size_t)64 * ROOM, packed, ROOM);

		kpm_buffer_init(&buf, (size_t)64 * ROOM - 1);
		tree_bytes(t, names[how], packed, size);
		assert_int_equal(kpm_image_open(tree_path(t, names[how], path), &buf, &image, &err),
				 -EFBIG);
		assert_non_null(strstr(err.text, "unpacks to more than 63 MiB"));
		assert_true(buf.capacity <= (size_t)64 * ROOM);
		kpm_buffer_done(&buf);
	}
	free(zeros);
	free(packed);
}

/* Every cut and a flipped bit at many places: an error, never a wrong or endless result. */
static void damage(void **state)
{
	char data[5000], packed[8000];
	struct kpm_buffer buf;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * 7 >> (i & 3);
	kpm_buffer_init(&buf, ROOM);
	for (int how = KPM_XZ; how <= KPM_GZIP; how++) {
		size_t size = pack(how, data, sizeof(data), packed, sizeof(packed));

		for (size_t cut = 0; cut < size; cut++)
			assert_int_not_equal(kpm_unpack(how, packed, cut, &buf, "x", NULL), 0);
		for (size_t at = 0; at < size; at++) {
			packed[at] ^= 4;
			kpm_unpack(how, packed, size, &buf, "x", NULL);
			packed[at] ^= 4;
		}
		assert_int_equal(kpm_unpack(how, packed, size, &buf, "x", NULL), 0);
		assert_memory_equal(buf.data, data, sizeof(data));
	}
	kpm_buffer_done(&buf);
}

static void not_a_file(void **state)
{
	const char *t = *state;
	struct kpm_buffer buf;
	struct kpm_image image;
	struct kpm_err err;
	char path[1024];

	kpm_buffer_init(&buf, ROOM);
	assert_int_equal(kpm_image_open(t, &buf, &image, &err), -EINVAL);
	assert_non_null(strstr(err.text, "not a regular file"));
	mkfifo(tree_path(t, "fifo", path), 0600);
	assert_int_equal(kpm_image_open(path, &buf, &image, &err), -EINVAL);
	assert_int_equal(kpm_image_open(tree_path(t, "nothing", path), &buf, &image, &err),
			 -ENOENT);
	tree_file(t, "empty", "");
	assert_int_equal(kpm_image_open(tree_path(t, "empty", path), &buf, &image, &err), -EBADMSG);
	kpm_buffer_done(&buf);
}

/* A bootable image: the ELF file is the second of two streams in it. */
static void kernel(void **state)
{
	static char file[20000];
	const char elf[] = "\177ELF and more", other[] = "something else";
	const char *t = *state;
	struct kpm_buffer buf;
	struct kpm_image image;
	struct kpm_err err;
	char path[1024];

	for (int how = KPM_XZ; how <= KPM_GZIP; how++) {
		memset(file, 'x', sizeof(file));
		pack(how, other, sizeof(other), file + 100, 1000);
		pack(how, elf, sizeof(elf), file + 5001, 1000);
		tree_bytes(t, "vmlinuz", file, sizeof(file));
		kpm_buffer_init(&buf, ROOM);
		assert_int_equal(kpm_image_open(tree_path(t, "vmlinuz", path), &buf, &image, NULL),
				 0);
		assert_int_equal(kpm_image_kernel(&image, &buf, path, &err), 0);
		assert_int_equal(image.size, sizeof(elf));
		assert_memory_equal(image.data, elf, sizeof(elf));
		kpm_image_close(&image);
		kpm_buffer_done(&buf);
	}
	memset(file, '\xfd', sizeof(file));
	tree_bytes(t, "vmlinuz", file, sizeof(file));
	kpm_buffer_init(&buf, ROOM);
	assert_int_equal(kpm_image_open(tree_path(t, "vmlinuz", path), &buf, &image, NULL), 0);
	assert_int_equal(kpm_image_kernel(&image, &buf, path, &err), -EBADMSG);
	kpm_image_close(&image);
	kpm_buffer_done(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unpacks, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(bombs, tree_make, tree_remove),
		cmocka_unit_test(damage),
		cmocka_unit_test_setup_teardown(not_a_file, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(kernel, tree_make, tree_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
