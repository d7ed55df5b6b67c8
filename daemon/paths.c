/* SPDX-License-Identifier: MIT */
#include "paths.h"

#include "base/log.h"
#include "config.h"
#include "wire/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int format_dir(char **r_dir)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int len;

	if (geteuid() == 0)
		len = asprintf(r_dir, "%s", CONTROL_SYSTEM_DIR);
	else if (runtime && runtime[0] == '/')
		len = asprintf(r_dir, "%s/%s", runtime, CONTROL_USER_DIR);
	else
		len = asprintf(r_dir, CONTROL_TMP_DIR, geteuid());

	return len < 0 ? -ENOMEM : 0;
}

/* It must be a directory of ours that nobody else can write to. */
static int check_dir(const char *dir)
{
	struct stat st;

	if (lstat(dir, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return -EPERM;

	return 0;
}

static int make_dir(const char *dir)
{
	mode_t mode = geteuid() == 0 ? 0755 : 0700;
	int ret = 0;

	if (mkdir(dir, mode) && errno != EEXIST)
		ret = -errno;
	if (ret == 0)
		ret = check_dir(dir);
	if (ret)
		log_err("%s: %s: it must be a directory of uid %u which nobody "
			"else may write to; remove what is there, or use "
			"--socket and --mount",
			dir, strerrordesc_np(-ret), geteuid());

	return ret;
}

int paths_prepare(struct config *config)
{
	char *dir;
	int ret;

	ret = format_dir(&dir);
	if (ret)
		return ret;

	if (config->socket == NULL || config->mount == NULL)
		ret = make_dir(dir);
	if (ret == 0 && config->socket == NULL &&
	    asprintf(&config->socket, "%s/%s", dir, CONTROL_SOCKET_NAME) < 0)
		ret = -ENOMEM;
	if (ret == 0 && config->mount == NULL &&
	    asprintf(&config->mount, "%s/dev", dir) < 0)
		ret = -ENOMEM;
	free(dir);

	return ret;
}
