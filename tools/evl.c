/* SPDX-License-Identifier: MIT */
/*
 * evl: runs evl-<command>. Commands live in one directory; each describes
 * itself in a line when it is called with the single option -@.
 */
#include "self-dir.h"

#include <dirent.h>
#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PREFIX	   "evl-"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define EXIT_USAGE 2

static char command_dir[PATH_MAX];

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Where we are installed: <prefix>/bin; in a build tree the commands are
 * beside us. */
static void find_command_dir(void)
{
	char self[PATH_MAX], dir[PATH_MAX + 32];
	const char *found = dir;

	self_dir(self);
	snprintf(dir, sizeof(dir), "%s/../libexec/evl", self);
	if (!is_directory(dir))
		found = is_directory(COMMAND_DIR) ? COMMAND_DIR : self;
	if (realpath(found, command_dir) == NULL)
		snprintf(command_dir, sizeof(command_dir), "%s", COMMAND_DIR);
}

static void set_command_dir(const char *dir)
{
	if (realpath(dir, command_dir))
		return;

	fprintf(stderr, "evl: %s: %s\n", dir, strerrordesc_np(errno));
	exit(EXIT_USAGE);
}

/* What commands find in their environment. False: no memory. */
static bool set_environment(void)
{
	const char *path = getenv("PATH");
	char *longer;
	int ret;

	if (asprintf(&longer, "%s:%s", command_dir,
		     path ? path : "/usr/local/bin:/usr/bin:/bin") < 0)
		return false;

	ret = setenv("PATH", longer, 1) || setenv("EVL_CMDDIR", command_dir, 1);
	free(longer);

	return ret == 0;
}

static int is_command(const struct dirent *entry)
{
	const char *name = entry->d_name;
	struct stat st;
	char path[PATH_MAX + NAME_MAX + 2];

	if (strncmp(name, PREFIX, PREFIX_LEN) != 0 || strchr(name, '.'))
		return 0;
	snprintf(path, sizeof(path), "%s/%s", command_dir, name);

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       access(path, X_OK) == 0;
}

/* The line the command at @path says about itself, "" if it has none. */
static void ask_description(const char *path, char *line, int size)
{
	char *argv[] = { (char *)path, "-@", NULL };
	posix_spawn_file_actions_t actions;
	int pipe_fds[2], status;
	FILE *answer;
	pid_t pid;

	line[0] = '\0';
	if (pipe2(pipe_fds, O_CLOEXEC))
		return;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
					 O_WRONLY, 0);
	status = posix_spawn(&pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fds[1]);

	answer = fdopen(pipe_fds[0], "r");
	if (answer == NULL || fgets(line, size, answer) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (answer)
		fclose(answer);
	else
		close(pipe_fds[0]);
	if (status)
		return;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		line[0] = '\0';
}

static void list_commands(void)
{
	char path[PATH_MAX + NAME_MAX + 2], line[256];
	struct dirent **entries;
	int nr;

	nr = scandir(command_dir, &entries, is_command, alphasort);
	if (nr < 0) {
		fprintf(stderr, "evl: %s: %s\n", command_dir,
			strerrordesc_np(errno));
		return;
	}

	puts("available commands:");
	for (int i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", command_dir,
			 entries[i]->d_name);
		ask_description(path, line, sizeof(line));
		if (line[0])
			printf("%-12s %s\n", entries[i]->d_name + PREFIX_LEN,
			       line);
		free(entries[i]);
	}
	free(entries);
}

static void usage(void)
{
	fputs("usage: evl [options] [<command> [<args>]]\n"
	      "  -P, --prefix <dir>   where the commands are\n"
	      "  -V, -v, --version    print the version\n"
	      "  -h, --help           print this\n\n",
	      stdout);
}

static void print_version(void)
{
	printf("evl-cused %s [requires ABI %d]\n", PROJECT_VERSION,
	       EVL_ABI_PREREQ);
}

static int run_command(char **argv)
{
	const char *name = argv[0];
	char *program;

	if (strchr(name, '/') || asprintf(&program, PREFIX "%s", name) < 0)
		goto unknown;

	argv[0] = program;
	execvp(program, argv);
	if (errno != ENOENT) {
		fprintf(stderr, "evl: %s: %s\n", program,
			strerrordesc_np(errno));
		free(program);
		return EXIT_FAILURE;
	}
	free(program);
unknown:
	fprintf(stderr, "evl: no '%s' command. Try 'evl --help'.\n", name);

	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "prefix", required_argument, NULL, 'P' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool help = false;
	int c;

	find_command_dir();
	opterr = 0;
	/* '+': what comes after the command is the command's. */
	while ((c = getopt_long(argc, argv, "+P:Vvh", options, NULL)) != -1) {
		switch (c) {
		case 'P':
			set_command_dir(optarg);
			break;
		case 'V':
		case 'v':
			print_version();
			return EXIT_SUCCESS;
		case 'h':
			help = true;
			break;
		default:
			fprintf(stderr,
				"evl: %s: no such option, or a directory is "
				"missing; see --help\n",
				argv[optind - 1]);
			return EXIT_USAGE;
		}
	}

	if (!set_environment())
		return EXIT_FAILURE;
	if (!help && optind < argc && strcmp(argv[optind], "help") != 0)
		return run_command(argv + optind);

	usage();
	list_commands();

	return EXIT_SUCCESS;
}
