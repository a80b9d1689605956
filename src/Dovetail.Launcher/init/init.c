/*
 * PID 1 of a launcher sandbox.
 *
 *   init LOGDIR launcher [arg...] [-- daemon [arg...]]...
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
 * Output of each program is appended to LOGDIR/<name>.out. Exit codes of its own: 64 wrong usage, 127 the launcher cannot be executed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROGRAMS 8
#define LAUNCHER 0
#define CANNOT_EXECUTE 127

static struct program {
    char **argv;
    pid_t pid;
    time_t started;
    unsigned quick_deaths;
} programs[MAX_PROGRAMS];
static int program_count;
static const char *log_folder;

static time_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static void redirect_output(const char *path)
{
    const char *slash = strrchr(path, '/');
    char file[512];
    snprintf(file, sizeof file, "%s/%s.out", log_folder, slash ? slash + 1 : path);
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return;
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
}

static void start(struct program *p)
{
    p->quick_deaths = p->started && now() - p->started < 2 ? p->quick_deaths + 1 : 0;
    p->started = now();
    unsigned delay = p->quick_deaths > 2 ? 1u << (p->quick_deaths > 6 ? 4 : p->quick_deaths - 3) : 0;
    p->started += delay;

    p->pid = fork();
    if (p->pid < 0) {           /* no memory or no pid to be had: everything would limp from here on, so end and let the starter see it */
        _exit(71);
    }
    if (p->pid > 0) return;

    setsid();
    redirect_output(p->argv[0]);
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
            if (i == LAUNCHER && WIFEXITED(status)) _exit(WEXITSTATUS(status));
            start(&programs[i]);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 3) return 64;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);         /* every signal comes through sigwaitinfo */
    prctl(PR_SET_DUMPABLE, 0);

    log_folder = argv[1];
    programs[program_count++].argv = argv + 2;
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--") != 0) continue;
        argv[i] = NULL;
        if (program_count == MAX_PROGRAMS || i + 1 == argc) return 64;
        programs[program_count++].argv = argv + i + 1;
    }

    for (int i = program_count - 1; i >= 0; i--) start(&programs[i]);
    for (;;) {
        siginfo_t info;
        int signal = sigwaitinfo(&all, &info);
        if (signal == SIGCHLD) reap();
        if (signal == SIGTERM || signal == SIGINT) {
            setenv("DOVETAIL_STOPPING", "1", 1);
            kill(programs[LAUNCHER].pid, SIGTERM);
        }
    }
}
