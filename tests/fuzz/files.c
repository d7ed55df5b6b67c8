/* SPDX-License-Identifier: MIT */
#include "files.h"

#include "dice.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <uapi/evl/devices/loopback.h>
#include <unistd.h>
#include <wire/bind.h>

int files[NR_FILES];
char scratch[1 << 17];

int any_file(void)
{
	return files[below(NR_FILES)];
}

void close_file(int i)
{
	if (files[i] >= 0)
		close(files[i]);
	files[i] = -1;
}

void open_file(void)
{
	static const char *const nodes[] = {
		"evl/xbuf/clone", "evl/thread/clone", "loopback", "keeper",
		"evl/xbuf/fuzz",  "evl/xbuf/none",    "mapped",	  "keeper"
	};
	int i = (int)below(NR_FILES);

	close_file(i);
	files[i] = raw_open(nodes[below(8)], O_RDWR | O_NONBLOCK);
}

static void make_element(int fd)
{
	struct bind_clone req = { .attrs_len = one_in(3) ? 0 : 8 };
	uint32_t *sizes = (uint32_t *)req.attrs;

	/* No bigger than @scratch has room for. */
	sizes[0] = one_in(8) ? 0 : below(8192);
	sizes[1] = one_in(8) ? 0 : below(8192);
	if (one_in(2))
		strcpy(req.name, "fuzz");
	if (one_in(8))
		((uint32_t *)&req)[below(20)] = number();
	if (one_in(16))
		req.attrs_len = number();
	req.flags = one_in(8) ? number() : one_in(2) ? 1u << 16 : 0;
	raw_inband(fd, BIND_IOC_CLONE, &req);
}

void bind_file(const struct actor *actor, int fd)
{
	struct bind_request req = {
		.fd = one_in(4) ? (int32_t)number() : fd,
		.tag = one_in(16) ? number() : 0,
	};

	memcpy(req.secret, actor->secret, sizeof(req.secret));
	if (one_in(8))
		req.secret[below(16)] ^= (uint8_t)any();
	raw_inband(fd, BIND_IOC_BIND, &req);
}

static void control_file(int fd)
{
	static const unsigned int cmds[] = {
		LOOPBACK_IOC_NOP,	    LOOPBACK_IOC_ECHO,
		LOOPBACK_IOC_WAKE,	    _IOWR('x', 1, char[4096]),
		_IOW(0xec, 0x73, uint32_t), _IOR(0xec, 0x70, char[64]),
	};

	raw_inband(fd, cmds[below(sizeof(cmds) / sizeof(cmds[0]))], scratch);
}

void use_file(const struct actor *actor)
{
	int fd = any_file();
	uint32_t flags = number();

	if (fd < 0)
		return;

	switch (below(8)) {
	case 0:
		ck_assert_int_le(read(fd, scratch, below(8192)), 8192);
		break;
	case 1:
		ck_assert_int_le(write(fd, scratch, below(8192)), 8192);
		break;
	case 2:
		make_element(fd);
		break;
	case 3:
		/* Leaves us what keeps us from blocking. */
		flags |= O_NONBLOCK;
		raw_inband(fd, BIND_IOC_SETFL, &flags);
		break;
	case 4:
		control_file(fd);
		break;
	default:
		bind_file(actor, fd);
		break;
	}
}
