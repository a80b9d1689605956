/*
 * PID 1 of a launcher sandbox.
 *
 *   init LOGDIR SOCKET launcher [arg...] [-- daemon [arg...]]...
 *
 * Build: gcc -static -Os -Wall -Wextra -o init init.c
 *
 * Starts the daemons (the private libvirtd) and the launcher with init's own environment, reaps every orphan (QEMU is daemonised by libvirt and becomes our child; libvirt waits for it to
 * vanish, so a slow reaper makes a slow stop), and starts again what dies: a daemon always, the launcher when a signal killed it. A program that keeps dying at once is started with a
 * growing delay of 1, 2, 4, 8, 16 seconds.
 *
 *   launcher exits by itself     init exits with its code; as the end of PID 1, the kernel kills all that is left in the sandbox
 *   SIGTERM or SIGINT            passed on to the launcher, which stops its guest in order and exits. A launcher that is started later finds DOVETAIL_STOPPING=1 in its environment
 *                                (a signal sent while it is being started would kill it before it can listen)
 *   SIGKILL from outside         everything in the sandbox is gone at once
 *
 * What the programs print is the container's log: LOGDIR/compute.log in the form of the container runtime interface, one line a write,
 *   2026-11-23T22:05:59.123456789Z stdout F what was printed
 * with P instead of F where a line goes on in the next one. A full log becomes compute.log.1; both are below the launcher's own bound for files in that folder, which cuts them anywhere.
 *
 * On SOCKET a command can be run beside them, with everything that they are confined by (user, namespaces, cgroups, no_new_privs, system call filter are inherited). One connection, one
 * command: a 32-bit length, the letter p or t, and the arguments, each with a NUL behind it; with p the descriptors that are its standard input, output and error come along. The answer is
 * text: "started\n" (with t it brings the terminal's master), then "exit CODE\n"; or "failed ERRNO\n". A connection that is closed before kills the command.
 *
 * Exit codes of its own: 64 wrong usage, 71 no more processes, 127 the launcher cannot be executed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROGRAMS 8
#define LAUNCHER 0
#define CANNOT_EXECUTE 127
#define LOG_BYTES (1024 * 1024)
#define LINE_BYTES (16 * 1024)
#define REQUEST_BYTES (256 * 1024)
#define MAX_ARGUMENTS 4096
#define REQUEST_SECONDS 5

static struct program {
    char **argv;
    pid_t pid;
    time_t started;
    unsigned quick_deaths;
} programs[MAX_PROGRAMS];
static int program_count;

static struct output {
    const char *name;
    int read_end, write_end;
    size_t filled;
    char line[LINE_BYTES];
} outputs[2] = { { .name = "stdout" }, { .name = "stderr" } };

static char log_file[512], log_rotated[520];
static int log_fd = -1;
static off_t log_size;

static time_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

/* ---- the log ---- */

static void open_log(void)
{
    struct stat info;
    log_fd = open(log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    log_size = log_fd >= 0 && fstat(log_fd, &info) == 0 ? info.st_size : 0;
}

static void log_line(const char *stream, char tag, char *text, size_t length)
{
    struct timespec t;
    struct tm utc;
    char head[64];
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &utc);
    size_t used = strftime(head, sizeof head, "%Y-%m-%dT%H:%M:%S", &utc);
    used += (size_t)snprintf(head + used, sizeof head - used, ".%09ldZ %s %c ", t.tv_nsec, stream, tag);

    if (log_size + (off_t)(used + length + 1) > LOG_BYTES) {
        if (log_fd >= 0) close(log_fd);
        rename(log_file, log_rotated);
        open_log();
    }
    if (log_fd < 0) open_log();
    struct iovec parts[] = { { head, used }, { text, length }, { "\n", 1 } };
    ssize_t written = writev(log_fd, parts, 3);     /* a full disk loses lines, never the guest */
    if (written > 0) log_size += written;
}

/* Everything that is there now; the pipes never block. */
static void drain(struct output *o)
{
    ssize_t count;
    while ((count = read(o->read_end, o->line + o->filled, sizeof o->line - o->filled)) > 0) {
        o->filled += (size_t)count;
        char *from = o->line, *end = o->line + o->filled, *newline;
        while ((newline = memchr(from, '\n', (size_t)(end - from))) != NULL) {
            log_line(o->name, 'F', from, (size_t)(newline - from));
            from = newline + 1;
        }
        o->filled = (size_t)(end - from);
        memmove(o->line, from, o->filled);
        if (o->filled == sizeof o->line) {
            log_line(o->name, 'P', o->line, o->filled);
            o->filled = 0;
        }
    }
}

static void finish(int code)
{
    for (int i = 0; i < 2; i++) {
        drain(&outputs[i]);
        if (outputs[i].filled > 0) log_line(outputs[i].name, 'F', outputs[i].line, outputs[i].filled);
    }
    _exit(code);
}

/* ---- the programs ---- */

static void start(struct program *p)
{
    p->quick_deaths = p->started && now() - p->started < 2 ? p->quick_deaths + 1 : 0;
    p->started = now();
    unsigned delay = p->quick_deaths > 2 ? 1u << (p->quick_deaths > 6 ? 4 : p->quick_deaths - 3) : 0;
    p->started += delay;

    p->pid = fork();
    if (p->pid < 0) {           /* no memory or no pid to be had: everything would limp from here on, so end and let the starter see it */
        finish(71);
    }
    if (p->pid > 0) return;

    setsid();
    dup2(outputs[0].write_end, STDOUT_FILENO);
    dup2(outputs[1].write_end, STDERR_FILENO);
    if (delay) sleep(delay);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(p->argv[0], p->argv);
    perror(p->argv[0]);
    _exit(CANNOT_EXECUTE);
}

static void reap(void)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (int i = 0; i < program_count; i++) {
            if (programs[i].pid != pid) continue;
            if (i == LAUNCHER && WIFEXITED(status)) finish(WEXITSTATUS(status));
            start(&programs[i]);
        }
    }
}

/* ---- commands beside them; each connection has a process of its own, so that nobody's slowness is init's ---- */

static void answer(int connection, const char *text, int number, int descriptor)
{
    char line[64];
    int length = number < 0 ? snprintf(line, sizeof line, "%s\n", text) : snprintf(line, sizeof line, "%s %d\n", text, number);
    struct iovec body = { line, (size_t)length };
    char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct msghdr message = { .msg_iov = &body, .msg_iovlen = 1 };
    if (descriptor >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &descriptor, sizeof(int));
    }
    sendmsg(connection, &message, MSG_NOSIGNAL);
}

/* The request's bytes and up to three descriptors; the number of bytes, or -1. */
static ssize_t receive(int connection, char *buffer, int descriptors[3])
{
    uint32_t length = 0;
    char control[CMSG_SPACE(3 * sizeof(int))];
    struct iovec body = { &length, sizeof length };
    struct msghdr message = { .msg_iov = &body, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL) != sizeof length || length < 2 || length > REQUEST_BYTES) return -1;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(3 * sizeof(int))) memcpy(descriptors, CMSG_DATA(head), 3 * sizeof(int));
    return recv(connection, buffer, length, MSG_WAITALL) == (ssize_t)length && buffer[length - 1] == '\0' ? (ssize_t)length : -1;
}

static void run_command(char **argv, int descriptors[3], int terminal, int failure)
{
    setsid();
    if (terminal >= 0) {
        ioctl(terminal, TIOCSCTTY, 0);
        setenv("TERM", "xterm", 0);
    }
    for (int i = 0; i < 3; i++) dup2(terminal >= 0 ? terminal : descriptors[i], i);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], argv);
    int cause = errno;
    if (write(failure, &cause, sizeof cause) < 0) _exit(CANNOT_EXECUTE);
    _exit(CANNOT_EXECUTE);
}

static void await_command(int connection, pid_t child)
{
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    struct pollfd waits[2] = { { .fd = signalfd(-1, &ended, SFD_CLOEXEC), .events = POLLIN }, { .fd = connection, .events = POLLIN } };
    int status;
    while (waitpid(child, &status, WNOHANG) == 0) {
        poll(waits, 2, -1);
        if (waits[0].revents) {
            struct signalfd_siginfo unused;
            if (read(waits[0].fd, &unused, sizeof unused) < 0) continue;
        }
        if (waits[1].revents) {     /* whoever wanted it has gone */
            kill(-child, SIGKILL);
            waits[1].fd = -1;
        }
    }
    answer(connection, "exit", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), -1);
}

static void serve(int connection)
{
    static char request[REQUEST_BYTES];
    static char *argv[MAX_ARGUMENTS + 1];
    int descriptors[3] = { -1, -1, -1 }, failure[2], master = -1, terminal = -1, argc = 0;
    struct timeval limit = { .tv_sec = REQUEST_SECONDS };
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ssize_t length = receive(connection, request, descriptors);
    if (length < 0) _exit(1);
    for (char *at = request + 1; at < request + length && argc < MAX_ARGUMENTS; at += strlen(at) + 1) argv[argc++] = at;
    if (request[0] == 't') {
        int number, unlocked = 0;
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) != 0 || ioctl(master, TIOCGPTN, &number) != 0 || (terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
            answer(connection, "failed", errno, -1);
            _exit(1);
        }
    } else if (descriptors[2] < 0) {
        _exit(1);
    }
    if (argc == 0 || pipe2(failure, O_CLOEXEC) != 0) _exit(1);

    pid_t child = fork();
    if (child == 0) run_command(argv, descriptors, terminal, failure[1]);
    close(failure[1]);
    for (int i = 0; i < 3; i++) if (descriptors[i] >= 0) close(descriptors[i]);
    if (terminal >= 0) close(terminal);
    int cause = child < 0 ? errno : 0;
    if (child < 0 || read(failure[0], &cause, sizeof cause) == sizeof cause) {
        answer(connection, "failed", cause, -1);
        _exit(0);
    }
    answer(connection, "started", -1, master);
    if (master >= 0) close(master);
    await_command(connection, child);
    _exit(0);
}

static int listen_on(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path) return -1;
    strcpy(address.sun_path, path);
    unlink(path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0) return -1;
    return listener;
}

static void accept_command(int listener)
{
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) return;
    if (fork() == 0) serve(connection);
    close(connection);
}

static void on_signal(int signals)
{
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) reap();
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) {
            setenv("DOVETAIL_STOPPING", "1", 1);
            kill(programs[LAUNCHER].pid, SIGTERM);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) return 64;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);         /* every signal comes through the descriptor */
    prctl(PR_SET_DUMPABLE, 0);

    snprintf(log_file, sizeof log_file, "%s/compute.log", argv[1]);
    snprintf(log_rotated, sizeof log_rotated, "%s.1", log_file);
    open_log();
    for (int i = 0; i < 2; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) return 71;
        outputs[i].read_end = ends[0];
        outputs[i].write_end = ends[1];
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }

    programs[program_count++].argv = argv + 3;
    for (int i = 4; i < argc; i++) {
        if (strcmp(argv[i], "--") != 0) continue;
        argv[i] = NULL;
        if (program_count == MAX_PROGRAMS || i + 1 == argc) return 64;
        programs[program_count++].argv = argv + i + 1;
    }

    struct pollfd waits[] = {
        { .fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN },
        { .fd = listen_on(argv[2]), .events = POLLIN },
        { .fd = outputs[0].read_end, .events = POLLIN },
        { .fd = outputs[1].read_end, .events = POLLIN },
    };
    for (int i = program_count - 1; i >= 0; i--) start(&programs[i]);
    for (;;) {
        if (poll(waits, 4, -1) < 0) continue;
        for (int i = 0; i < 2; i++) if (waits[2 + i].revents) drain(&outputs[i]);
        if (waits[1].revents) accept_command(waits[1].fd);
        if (waits[0].revents) on_signal(waits[0].fd);
    }
}
