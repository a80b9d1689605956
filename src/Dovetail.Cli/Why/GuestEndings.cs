using System.Collections.Immutable;

namespace Dovetail.Cli.Why;

/// <summary>How a guest that has failed ended, by the word in its status.reason and by what was said.</summary>
internal static class GuestEndings
{
    public static Cause Explain(string about, string reason, string said, ImmutableArray<Cause> because, WhyFacts f)
    {
        var logs = $"kubectl -n {f.Namespace} logs {f.Pod?.Metadata.Name ?? $"-l vm.kubevirt.io/name={f.Name}"} -c compute";
        if (Killed(because)) return Cause.Blocked(about, "OOMKilled", "its QEMU was killed because the sandbox used more memory than its limit.", "raise resources.limits.memory (QEMU needs more than the guest's own memory), or leave the limit out", because);
        return reason switch
        {
            "GuestCrashed" => Cause.Blocked(about, reason, $"its guest crashed: QEMU ended unexpectedly. {said}", $"{logs} has QEMU's last words; if its node was short of memory, QEMU may have been killed: dmesg on the node says so", because),
            "SandboxEnded" => Cause.Blocked(about, reason, "its sandbox ended unexpectedly, and its guest with it.", $"{logs}; was the node rebooted, or out of memory?", because),
            "NodeUnresponsive" => Cause.Blocked(about, reason, "was given up, because its node was not heard of for five minutes.", "see to the node (dovetail why node NAME); the virtual machine is started on another one by itself if its run strategy says so", because),
            "PodDeleted" => Cause.Blocked(about, reason, "its launcher pod was deleted, and its guest with it.", "delete the VirtualMachineInstance rather than its pod; its virtual machine starts a new one if the run strategy says so", because),
            "PodEnded" or "Evicted" => Cause.Blocked(about, reason, "its launcher pod ended, and its guest with it.", because.IsEmpty ? logs : null, because),
            "DeletedBeforeStart" => Cause.Blocked(about, reason, "was deleted before it had a launcher pod.", "its virtual machine starts a new one if the run strategy says so", because),
            "SecretNotFound" or "SecretKeyNotFound" or "InvalidCloudInit" => Cause.Blocked(about, reason, $"its cloud-init data cannot be had. {said}", because.IsEmpty ? "mend the Secret that the message names" : null, because),
            "LibvirtError" => Cause.Blocked(about, reason, $"libvirt refused to start its guest. {said}", $"mend the field of spec.domain that the message names; {logs} has all of it", because),
            "LauncherError" => Cause.Blocked(about, reason, $"its launcher could not make what the guest needs. {said}", NoSpace(said) ? "free space on the disk that holds the platform's data folder" : logs, because),
            _ when NoSpace(said) => Cause.Blocked(about, "DiskFull", $"the node's disk is full. {said}", "free space on the disk that holds the platform's data folder", because),
            "" => Cause.Blocked(about, "Failed", $"has failed. {said}".TrimEnd(), because.IsEmpty ? logs : null, because),
            _ => Cause.Blocked(about, reason, $"has failed ({reason}). {said}".TrimEnd(), because.IsEmpty ? logs : null, because),
        };
    }

    private static bool Killed(ImmutableArray<Cause> because) => because.Any(cause => cause.All().Any(c => c.Reason == "OOMKilled"));

    private static bool NoSpace(string said) => said.Contains("No space left", StringComparison.OrdinalIgnoreCase) || said.Contains("disk is full", StringComparison.OrdinalIgnoreCase);
}
