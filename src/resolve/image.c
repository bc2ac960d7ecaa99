// SPDX-License-Identifier: GPL-2.0-or-later
/* Files in memory. A compressed file is read, a plain one mapped: vmlinux may have 800 MB. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolve/image.h"
#include "resolve/unpack.h"

/* Files in /proc have no size until they are read. */
static int read_whole(int fd, const char *path, struct kpm_buffer *buf, struct kpm_image *image,
		      struct kpm_err *err)
{
	ssize_t n = 0;
	int ret;

	buf->size = 0;
	do {
		buf->size += n;
		ret = kpm_buffer_reserve(buf, 65536);
		n = ret ? 0 : read(fd, buf->data + buf->size, 65536);
	} while (n > 0);
	if (ret || n < 0)
		return kpm_fail(err, ret ? ret : -errno, "read %s: %s; it is left out", path,
				strerror(ret ? -ret : errno));
	if (!buf->size)
		return kpm_fail(err, -EBADMSG, "%s is empty; it is left out", path);
	*image = (struct kpm_image){buf->data, buf->size, true, buf};
	return 0;
}

static int map(int fd, const char *path, struct kpm_image *image, struct kpm_err *err)
{
	struct stat st;
	void *data;

	if (fstat(fd, &st))
		return kpm_fail(err, -errno, "read %s: %s; it is left out", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return kpm_fail(err, -EINVAL, "%s is not a regular file; it is left out", path);
	if (!st.st_size)
		return read_whole(fd, path, image->buffer, image, err);
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return kpm_fail(err, -errno, "read %s: %s; it is left out", path, strerror(errno));
	image->data = data;
	image->size = st.st_size;
	return 0;
}

int kpm_image_open(const char *path, struct kpm_buffer *buf, struct kpm_image *image,
		   struct kpm_err *err)
{
	/* without O_NONBLOCK a pipe in place of the file would block us */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), ret;
	enum kpm_packing packing;
	struct kpm_image packed = {.buffer = buf};

	*image = (struct kpm_image){.buffer = buf};
	if (fd < 0)
		return kpm_fail(err, -errno, "open %s: %s; it is left out", path, strerror(errno));
	ret = map(fd, path, &packed, err);
	close(fd);
	if (ret)
		return ret;
	packing = kpm_packing_of(packed.data, packed.size);
	if (packing == KPM_PLAIN || packed.unpacked) {
		*image = packed;
		return 0;
	}
	ret = kpm_unpack(packing, packed.data, packed.size, buf, path, err);
	munmap((void *)packed.data, packed.size);
	if (ret)
		return ret;
	image->data = buf->data;
	image->size = buf->size;
	image->unpacked = true;
	return 0;
}

void kpm_image_close(struct kpm_image *image)
{
	if (image->data && !image->unpacked)
		munmap((void *)image->data, image->size);
	image->data = NULL;
}

/*
 * A bootable image is a small program with a compressed ELF file somewhere in it: tries each place
 * that looks like the beginning of a compressed stream.
 */
int kpm_image_kernel(struct kpm_image *image, struct kpm_buffer *buf, const char *path,
		     struct kpm_err *err)
{
	static const unsigned char firsts[] = {0xfd, 0x28, 0x1f};

	for (size_t i = 0; i < sizeof(firsts); i++) {
		const char *end = image->data + image->size, *at = image->data;

		for (; (at = memchr(at, firsts[i], end - at)); at++) {
			enum kpm_packing packing = kpm_packing_of(at, end - at);

			if (packing == KPM_PLAIN ||
			    kpm_unpack(packing, at, end - at, buf, path, NULL) || buf->size < 4 ||
			    memcmp(buf->data, "\177ELF", 4))
				continue;
			kpm_image_close(image);
			*image = (struct kpm_image){buf->data, buf->size, true, buf};
			return 0;
		}
	}
	return kpm_fail(err, -EBADMSG, "%s holds no kernel that can be unpacked; it is left out",
			path);
}
