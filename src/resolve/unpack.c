// SPDX-License-Identifier: GPL-2.0-or-later
/* Unpacks xz, zstd and gzip by their libraries. */
#include <errno.h>
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "resolve/unpack.h"

/* The kernel's build uses dictionaries of up to 128 MiB (zstd --ultra --long). */
#define XZ_MEMORY       ((uint64_t)192 << 20)
#define ZSTD_WINDOW_LOG 27

enum kpm_packing kpm_packing_of(const void *data, size_t size)
{
	static const struct {
		const char *magic;
		size_t size;
		enum kpm_packing packing;
	} magics[] = {
		{"\xfd"
		 "7zXZ\0",
		 6, KPM_XZ},
		{"\x28\xb5\x2f\xfd", 4, KPM_ZSTD},
		{"\x1f\x8b\x08", 3, KPM_GZIP},
	};

	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (size >= magics[i].size && !memcmp(data, magics[i].magic, magics[i].size))
			return magics[i].packing;
	return KPM_PLAIN;
}

/*
 * The room for the next piece, made if there is none. Never beyond max: a stream that does not end
 * there is too large.
 */
static int next_room(struct kpm_buffer *out, size_t *room)
{
	int ret = kpm_buffer_reserve(out, 1);

	*room = out->capacity - out->size;
	if (*room > out->max - out->size)
		*room = out->max - out->size;
	return ret;
}

static int unpack_xz(const void *data, size_t size, struct kpm_buffer *out)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret state = lzma_stream_decoder(&s, XZ_MEMORY, 0);
	size_t room;
	int ret = state == LZMA_OK ? 0 : -ENOMEM;

	s.next_in = data;
	s.avail_in = size;
	while (!ret) {
		ret = next_room(out, &room);
		if (ret)
			break;
		s.next_out = (uint8_t *)out->data + out->size;
		s.avail_out = room;
		state = lzma_code(&s, LZMA_FINISH);
		out->size += room - s.avail_out;
		if (state == LZMA_STREAM_END)
			break;
		if (state != LZMA_OK)
			ret = state == LZMA_MEMLIMIT_ERROR ? -EFBIG
			      : state == LZMA_MEM_ERROR    ? -ENOMEM
							   : -EBADMSG;
	}
	lzma_end(&s);
	return ret;
}

static int unpack_zstd(const void *data, size_t size, struct kpm_buffer *out)
{
	ZSTD_DCtx *s = ZSTD_createDCtx();
	ZSTD_inBuffer in = {data, size, 0};
	size_t room, left = 1;
	int ret = s ? 0 : -ENOMEM;

	if (s)
		ZSTD_DCtx_setParameter(s, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	while (!ret && left) {
		ZSTD_outBuffer piece;
		size_t had = in.pos;

		ret = next_room(out, &room);
		if (ret)
			break;
		piece = (ZSTD_outBuffer){out->data + out->size, room, 0};
		left = ZSTD_decompressStream(s, &piece, &in);
		if (ZSTD_isError(left) || (!piece.pos && in.pos == had && left))
			ret = -EBADMSG;
		else
			out->size += piece.pos;
	}
	ZSTD_freeDCtx(s);
	return ret;
}

static int unpack_gzip(const void *data, size_t size, struct kpm_buffer *out)
{
	z_stream s = {.next_in = (Bytef *)data, .avail_in = size};
	int state = inflateInit2(&s, 15 + 16), ret = state == Z_OK ? 0 : -ENOMEM;
	size_t room;

	if (ret)
		return ret;
	while (!ret) {
		ret = next_room(out, &room);
		if (ret)
			break;
		if (room > 1U << 30)
			room = 1U << 30;
		s.next_out = (Bytef *)out->data + out->size;
		s.avail_out = room;
		state = inflate(&s, Z_NO_FLUSH);
		out->size += room - s.avail_out;
		if (state == Z_STREAM_END)
			break;
		if (state != Z_OK)
			ret = state == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
	}
	inflateEnd(&s);
	return ret;
}

int kpm_unpack(enum kpm_packing packing, const void *data, size_t size, struct kpm_buffer *out,
	       const char *name, struct kpm_err *err)
{
	int ret = -EOPNOTSUPP;

	out->size = 0;
	/* zlib counts its input in 32 bits */
	if (size > 1U << 31)
		ret = -EFBIG;
	else if (packing == KPM_XZ)
		ret = unpack_xz(data, size, out);
	else if (packing == KPM_ZSTD)
		ret = unpack_zstd(data, size, out);
	else if (packing == KPM_GZIP)
		ret = unpack_gzip(data, size, out);
	if (ret == -EFBIG)
		return kpm_fail(err, ret, "%s unpacks to more than %zu MiB; it is left out", name,
				out->max >> 20);
	if (ret)
		return kpm_fail(err, ret, "unpack %s: %s; it is left out", name,
				ret == -EBADMSG ? "it is damaged" : strerror(-ret));
	return 0;
}
