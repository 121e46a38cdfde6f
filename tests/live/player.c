/* The first process of a machine: it plays a script to puppets, and prints what they answer.
 *
 * The script is /script, a line each; what is not told here goes to the puppet (puppet.c):
 *
 *   N                             end the puppet, and start another
 *   F PATH UID GID MODE CAPS      give a file this owner, mode (octal) and security.capability (hexadecimal, or "-")
 *   O FILE TEXT                   write /proc/<pid>/FILE of the puppet from outside, ";" standing for a line break
 *
 * The answers go to the port of QEMU's debug console, as a serial port costs more than all else. The first line is the
 * kernel's release, then there is of each answer the puppet's first line, the lines about credentials in its status
 * file that are not what they were, as it reads them itself ("i") and as they are read from outside ("o"), and an
 * empty line. Of the first answer the whole status files are told. The last line is "the end".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PORT 0xe9
#define VIEWS 2
#define LINES 100
#define STATUS 65536
static char answer[1 << 20];
static char known[VIEWS][LINES][STATUS / 8]; /* the lines of the last status of each view */
static FILE *out;
static FILE *strings; /* to the puppet */
static int answers;   /* from it */
static int seen;      /* its status file, kept open as it costs much to find */
static pid_t puppet;

static void need(int fine, const char *what)
{
	if (fine)
		return;
	fprintf(out, "the player failed: %s: %s\n", what, strerror(errno));
	fflush(out);
	reboot(RB_AUTOBOOT);
}

static ssize_t print(void *cookie, const char *bytes, size_t size)
{
	size_t left = size;
	__asm__ volatile("rep outsb" : "+S"(bytes), "+c"(left) : "d"(PORT) : "memory");
	return size;
}

static void write_text(const char *path, const char *text, mode_t mode)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	need(file >= 0 && write(file, text, strlen(text)) >= 0 && fchmod(file, mode) == 0, path);
	close(file);
}

static void copy(const char *from, const char *to)
{
	char bytes[65536];
	ssize_t count;
	int source = open(from, O_RDONLY), target = open(to, O_WRONLY | O_CREAT, 0755);
	need(source >= 0 && target >= 0, to);
	while ((count = read(source, bytes, sizeof bytes)) > 0)
		need(write(target, bytes, count) == count, to);
	close(source);
	close(target);
}

/* Lines that change by themselves, such as a count of context switches, are of no interest. */
static int matters(const char *line)
{
	static const char *const names[] = {"Uid:", "Gid:", "Groups:", "Cap", "NoNewPrivs:"};
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (!strncmp(line, names[i], strlen(names[i])))
			return 1;
	return 0;
}

static void show(int view, char *status, int whole)
{
	int number = 0;
	for (char *line = strtok(status, "\n"); line; line = strtok(NULL, "\n"), number++) {
		need(number < LINES && strlen(line) < sizeof known[view][number], "a longer status than was thought of");
		if (!whole && (!matters(line) || !strcmp(line, known[view][number])))
			continue;
		strcpy(known[view][number], line);
		fprintf(out, "%c%s\n", "io"[view], line);
	}
}

/* Pass on what the puppet says; an errno is that of what was done to it from outside. */
static void hear(int error)
{
	static char status[STATUS];
	static int whole = 1;
	ssize_t length = 0, count;
	do {
		count = read(answers, answer + length, sizeof answer - length);
		need(count > 0, "the puppet has died");
		length += count;
	} while (answer[length - 1]);
	char *rest = strchr(answer, '\n');
	*rest++ = '\0';
	long result;
	int number, bits;
	unsigned long secure;
	need(sscanf(answer, "%ld %d %lu %d", &result, &number, &secure, &bits) == 4, answer);
	fprintf(out, "%ld %d %lu %d\n", result, error < 0 ? number : error, secure, bits);
	show(0, rest, whole);
	need((length = pread(seen, status, sizeof status - 1, 0)) > 0, "the status file");
	status[length] = '\0';
	show(1, status, whole);
	whole = 0;
	fputs("\n", out);
}

static void tell(const char *line)
{
	fprintf(strings, "%s\n", line);
	fflush(strings);
}

static void end(void)
{
	if (!puppet)
		return;
	kill(puppet, SIGKILL);
	waitpid(puppet, NULL, 0);
	fclose(strings);
	close(answers);
	close(seen);
}

static void start(void)
{
	int in[2], back[2];
	char path[64];
	end();
	need(pipe2(in, O_CLOEXEC) == 0 && pipe2(back, O_CLOEXEC) == 0, "pipe2");
	need((puppet = fork()) >= 0, "fork");
	if (puppet == 0) {
		char *arguments[] = {"puppet", NULL}, *empty[] = {NULL};
		dup2(in[0], 0);
		dup2(back[1], 1);
		execve("/stage/puppet", arguments, empty);
		_exit(127);
	}
	close(in[0]);
	close(back[1]);
	strings = fdopen(in[1], "w");
	answers = back[0];
	snprintf(path, sizeof path, "/proc/%d/status", puppet);
	need((seen = open(path, O_RDONLY | O_CLOEXEC)) >= 0, path);
	hear(-1);
}

static void set_file(char *words)
{
	char *path = strtok(words, " ");
	uid_t uid = strtoul(strtok(NULL, " "), NULL, 10);
	gid_t gid = strtoul(strtok(NULL, " "), NULL, 10);
	mode_t mode = strtoul(strtok(NULL, " "), NULL, 8);
	char *hex = strtok(NULL, " "), bytes[64];
	unsigned size = 0;
	need(chown(path, uid, gid) == 0 && chmod(path, mode) == 0, path); /* which takes the capabilities away */
	if (*hex == '-')
		return;
	for (unsigned byte; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		bytes[size++] = byte;
	need(setxattr(path, "security.capability", bytes, size, 0) == 0, path);
}

static int write_outside(char *words)
{
	char path[64], *name = strtok(words, " "), *text = strtok(NULL, "");
	snprintf(path, sizeof path, "/proc/%d/%s", puppet, name);
	for (char *at = text; *at; at++)
		if (*at == ';')
			*at = '\n';
	int file = open(path, O_WRONLY), error = 0;
	if (file < 0 || write(file, text, strlen(text)) < 0)
		error = errno;
	close(file);
	return error;
}

static void set_stage(void)
{
	mkdir("/proc", 0755);
	mkdir("/stage", 0755);
	need(mount("proc", "/proc", "proc", 0, NULL) == 0, "proc");
	need(mount("tmpfs", "/stage", "tmpfs", 0, "mode=755") == 0, "tmpfs");
	need(mkdir("/stage/mount", 0755) == 0 && mount("tmpfs", "/stage/mount", "tmpfs", MS_NOSUID, "mode=755") == 0,
	     "a nosuid tmpfs");
	copy("/puppet", "/stage/puppet");
	copy("/puppet", "/stage/ordinary");
	copy("/puppet", "/stage/mount/nosuid");
	write_text("/stage/ordinary-script", "#! /stage/ordinary -x\n", 06755); /* which does nothing */
	write_text("/stage/nosuid-script", "#! /stage/mount/nosuid -x\n", 06755);
	setgroups(0, NULL);
}

int main(void)
{
	static char line[1 << 20];
	struct utsname name;
	out = fopencookie(NULL, "w", (cookie_io_functions_t){.write = print});
	need(ioperm(PORT, 1, 1) == 0, "the port of the debug console");
	set_stage();
	uname(&name);
	fprintf(out, "%s\n", name.release);
	FILE *script = fopen("/script", "r");
	need(script != NULL, "the script");
	while (fgets(line, sizeof line, script)) {
		line[strcspn(line, "\n")] = '\0';
		switch (line[0]) {
		case 'N': start(); break;
		case 'F': set_file(line + 2); break;
		case 'O': {
			int error = write_outside(line + 2);
			tell("S 157 3"); /* PR_GET_DUMPABLE, so that it answers */
			hear(error);
			break;
		}
		default:
			tell(line);
			hear(-1);
		}
	}
	fputs("the end\n", out);
	fflush(out);
	reboot(RB_AUTOBOOT);
}
