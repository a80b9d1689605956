/* A stand-in for virt-launcher in the node agent's tests: listens on the launcher's socket, answers a command a connection:
 *   exit N     ends with that code
 *   probe      reports uid, capabilities, no-new-privs, what seccomp refuses, and which files it sees
 * and ends with 0 on SIGTERM, unless the file "ignore-term" lies beside the socket. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define FOLDER "/var/run/kubevirt/sockets"

static void on_term(int signal)
{
    (void)signal;
    if (access(FOLDER "/ignore-term", F_OK) != 0) _exit(0);
}

static int seen(const char *path) { return access(path, F_OK) == 0; }

static void probe(FILE *out)
{
    fprintf(out, "uid %d\n", (int)getuid());
    fprintf(out, "no-new-privs %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    int bounding = 0;
    for (int c = 0; c < 41; c++) bounding += prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1;
    fprintf(out, "bounding-capabilities %d\n", bounding);
    errno = 0; syscall(SYS_keyctl, 0, -1, 1); fprintf(out, "keyctl %d\n", errno);
    errno = 0; unshare(CLONE_NEWUSER); fprintf(out, "unshare %d\n", errno);
    errno = 0; syscall(SYS_bpf, 0, 0, 0); fprintf(out, "bpf %d\n", errno);
    errno = 0; mount("none", "/tmp", "tmpfs", 0, ""); fprintf(out, "mount %d\n", errno);
    errno = 0; syscall(SYS_clone3, 0, 0); fprintf(out, "clone3 %d\n", errno);
    fprintf(out, "etc-shadow %d\nroot %d\nkvm %d\ntun %d\n", seen("/etc/shadow"), seen("/root"), seen("/dev/kvm"), access("/dev/net/tun", R_OK | W_OK) == 0);
    fprintf(out, "disk %d\ndisk-writable %d\n", access("/var/run/kubevirt/container-disks/disk_1.img", R_OK) == 0, access("/var/run/kubevirt/container-disks/disk_1.img", W_OK) == 0);
    fprintf(out, "private-writable %d\n", access("/var/run/kubevirt-private", W_OK) == 0);
    FILE *made = fopen("/made", "w");
    fprintf(out, "root-writable %d\n", made != NULL);
}

int main(void)
{
    signal(SIGTERM, on_term);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    strcpy(address.sun_path, FOLDER "/launcher-sock");
    unlink(address.sun_path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0) { perror("listen"); return 3; }
    puts("the stand-in listens");
    fflush(stdout);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) continue;
        char command[64] = "";
        if (read(client, command, sizeof command - 1) > 0) {
            if (strncmp(command, "exit ", 5) == 0) return atoi(command + 5);
            FILE *out = fdopen(dup(client), "w");
            if (strncmp(command, "probe", 5) == 0) probe(out);
            fclose(out);
        }
        close(client);
    }
}
