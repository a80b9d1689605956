#!/bin/sh
# by-hand.sh DIR: the yardstick for the start of a virtual machine. A private libvirtd with a warm capability cache and the domain of DIR/domain.xml are started by hand, as the
# unprivileged user nobody in namespaces of its own, without sandbox or platform; with the script everything in them ends. What needs no measuring (namespaces, tap, overlay) is made before the clock runs.
# DIR holds domain.xml, base.img, cache/ (libvirt's capabilities) and ephemeral/ (what lies in the sandbox's ephemeral-disks). Prints: milliseconds to "created" and to the first serial byte.
set -eu
[ "${2-}" = inside ] || exec unshare --net --mount --pid --mount-proc --fork --kill-child "$0" "$1" inside
dir=$1 user=65534
mount --make-rprivate /
mkdir -p "$dir/scratch"; mknod -m 600 "$dir/tun" c 10 200; chown $user "$dir/tun"; mount --bind "$dir/tun" /dev/net/tun
mount --bind "$dir" /mnt; mount -t tmpfs tmpfs /run
ip link set lo up; ip tuntap add tap0 mode tap user $user vnet_hdr; ip link set tap0 up
h=/run/hand; mkdir -p $h/libvirt $h/cache/libvirt/qemu/cache /run/libvirt /run/kubevirt/container-disks /run/kubevirt-private
cp -r /mnt/ephemeral /run/kubevirt-ephemeral-disks; cp -r /mnt/cache $h/cache/libvirt/qemu/cache/capabilities
touch /run/kubevirt/container-disks/disk_0.img; mount --bind /mnt/base.img /run/kubevirt/container-disks/disk_0.img
printf 'security_driver = "none"\ncgroup_controllers = []\nnamespaces = []\nstdio_handler = "file"\n' > $h/libvirt/qemu.conf
printf 'unix_sock_dir = "/run/libvirt"\nauth_unix_rw = "none"\nunix_sock_rw_perms = "0777"\n' > $h/libvirtd.conf
log=$(sed -n "s/.*<log file='\([^']*\)'.*/\1/p" /mnt/domain.xml | head -n 1); mkdir -p "${log%/*}"
chown -R $user:$user $h /run/libvirt /run/kubevirt-private /run/kubevirt-ephemeral-disks /run
export XDG_RUNTIME_DIR=/run XDG_CONFIG_HOME=$h XDG_CACHE_HOME=$h/cache HOME=$h LC_ALL=C.UTF-8
as_user() { exec setpriv --reuid $user --regid $user --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"; }

began=$(date +%s%N)
(as_user libvirtd -f $h/libvirtd.conf -p $h/pid) > /mnt/libvirtd.out 2>&1 &
daemon=$!
while [ ! -S /run/libvirt/libvirt-sock ]; do sleep 0.003; done
(as_user virsh -q -c 'qemu+unix:///session?socket=/run/libvirt/libvirt-sock' create /mnt/domain.xml) > /mnt/virsh.out 2>&1 || { cat /mnt/virsh.out /mnt/libvirtd.out >&2; exit 1; }
created=$(date +%s%N)
tries=0
while [ ! -s "$log" ] && [ $tries -lt 6000 ]; do sleep 0.005; tries=$((tries + 1)); done
spoke=$(date +%s%N)
echo "$(((created - began) / 1000000)) $(((spoke - began) / 1000000))"
[ -z "${HOLD-}" ] || sleep "$HOLD"
kill $daemon
