using System.ComponentModel;
using System.Text.Json.Nodes;

namespace Dovetail.EndToEnd.Tests.Platform;

/// <summary>One virtual machine of a test: its manifest, its state by the API, and its processes on the host.</summary>
internal sealed class Guest(TestPlatform platform, string name, string ns = Guest.Namespace)
{
    public const string Namespace = "e2e";

    /// <summary>How long a refused creation may stand: a part that was killed refuses for a moment, too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public string Name => name;

    public string Manifest(string runStrategy, string extra = "") => $"""
        apiVersion: kubevirt.io/v1
        kind: VirtualMachine
        metadata:
          name: {name}
          namespace: {ns}
        spec:
          runStrategy: {runStrategy}
          template:
            metadata:
              labels:
                kubevirt.io/vm: {name}
            spec:
              domain:
                devices:
                  disks:
                    - name: root
                      disk: {"{bus: virtio}"}
                    - name: seed
                      disk: {"{bus: virtio}"}
                  interfaces:
                    - name: default
                      masquerade: {"{}"}
                memory:
                  guest: 128Mi
              networks:
                - name: default
                  pod: {"{}"}
              terminationGracePeriodSeconds: 2
              volumes:
                - name: root
                  containerDisk:
                    image: {platform.Image("tiny")}
                - name: seed
                  cloudInitNoCloud:
                    userData: |
                      #cloud-config
                      hostname: {name}
        {extra}
        """;

    public Task ApplyAsync(string runStrategy, CancellationToken ct)
    {
        RequireHope();
        return platform.ApplyAsync(Manifest(runStrategy), ct);
    }

    public Task<JsonNode?> VmAsync(CancellationToken ct) => platform.FindAsync("vm", name, ns, ct);

    public Task<JsonNode?> VmiAsync(CancellationToken ct) => platform.FindAsync("vmi", name, ns, ct);

    public async Task<string?> StatusAsync(CancellationToken ct) => (await VmAsync(ct))?["status"]?["printableStatus"]?.GetValue<string>();

    public async Task<string?> UidAsync(CancellationToken ct) => (await VmiAsync(ct))?["metadata"]?["uid"]?.GetValue<string>();

    public Task WaitStatusAsync(string status, CancellationToken ct, int seconds = 60) =>
        Eventually.BeTrueAsync($"{name} is {status}", async () => await StatusAsync(ct) == status, ct, seconds, () => TellAsync(ct));

    /// <summary>Waits until an instance with another uid than <paramref name="former"/> runs, and returns its uid. Fails before its time is up when the machine says for a while that no instance can be made.</summary>
    public async Task<string> WaitRunningAsync(CancellationToken ct, string? former = null)
    {
        RequireHope();
        try
        {
            long? refusedSince = null;
            var uid = await Eventually.FindAsync($"{name} runs", async () =>
            {
                var vmi = await VmiAsync(ct);
                if (vmi is null && new GuestStory(await VmAsync(ct), null, null, null).FailedCreate is { } refusal)
                {
                    refusedSince ??= TimeProvider.System.GetTimestamp();
                    if (TimeProvider.System.GetElapsedTime(refusedSince.Value) > Patience) Assert.Fail($"no instance of {name} can be made: {refusal}\n{await TellAsync(ct)}");
                }
                else
                {
                    refusedSince = null;
                }

                var uid = vmi?["metadata"]?["uid"]?.GetValue<string>();
                return uid != former && vmi?["status"]?["phase"]?.GetValue<string>() == "Running" ? uid : null;
            }, ct, seconds: 90, () => TellAsync(ct));
            platform.Guests.Ran();
            return uid;
        }
        catch (Xunit.Sdk.FailException e)
        {
            platform.Guests.Failed(e.Message);
            throw;
        }
    }

    public async Task<string> WaitConditionAsync(string type, CancellationToken ct, string status = "True")
    {
        await Eventually.BeTrueAsync($"{name} is {type}={status}", async () => Condition(await VmiAsync(ct), type) == status, ct, why: () => TellAsync(ct));
        return status;
    }

    private async Task<string> TellAsync(CancellationToken ct) => (await StoryAsync(ct)).ToString();

    private async Task<GuestStory> StoryAsync(CancellationToken ct) =>
        new(await VmAsync(ct), await VmiAsync(ct), await platform.ListAsync($"pods -n {ns} -l vm.kubevirt.io/name={name}", ct), await platform.ListAsync($"events -n {ns} --sort-by=.metadata.creationTimestamp", ct));

    private void RequireHope()
    {
        if (platform.Guests.Hopeless is { } story) Assert.Fail($"guests do not start on this platform, as an earlier one told; {name} was not tried: {story}");
    }

    public static string Condition(JsonNode? found, string type) =>
        found?["status"]?["conditions"]?.AsArray().FirstOrDefault(c => c!["type"]!.GetValue<string>() == type)?["status"]?.GetValue<string>() ?? "Absent";

    public async Task DeleteAsync(CancellationToken ct)
    {
        (await platform.KubectlAsync($"delete vm {name} -n {ns} --ignore-not-found --timeout=60s", ct)).Text.ShouldNotBeNull();
        await Eventually.BeTrueAsync($"{name} has left no instance and no pod", async () => await IsGoneAsync(ct), ct, why: () => TellAsync(ct));
    }

    public async Task<bool> IsGoneAsync(CancellationToken ct)
    {
        var left = await platform.KubectlAsync($"get vmi,pods -n {ns} -l vm.kubevirt.io/name={name} -o name", ct);
        var labelled = await platform.KubectlAsync($"get vmi,pods -n {ns} -l kubevirt.io/vm={name} -o name", ct);
        return left is { Code: 0, Out: "" } && labelled is { Code: 0, Out: "" };
    }

    /// <summary>Process id of the guest's QEMU, or null.</summary>
    public int? Qemu
    {
        get
        {
            var found = HostCensus.Processes().Where(p => p.CommandLine.Contains($"guest={ns}_{name},", StringComparison.Ordinal) && IsOf(p.Pid)).Select(p => p.Pid).ToList();
            return found.Count == 0 ? null : found[0];
        }
    }

    /// <summary>The process of the guest's sandbox whose program has this name; its init is the first of its pid namespace.</summary>
    public int Process(string program)
    {
        var qemu = Qemu ?? throw new InvalidOperationException($"{name} has no QEMU");
        var sandbox = PidNamespace(qemu);
        return HostCensus.Processes()
            .Where(p => PidNamespace(p.Pid) == sandbox)
            .First(p => program == "init" ? IsInit(p.Pid) : !IsInit(p.Pid) && Path.GetFileName(p.CommandLine.Split(' ')[0]) == program).Pid;
    }

    public int? FindProcess(string program)
    {
        try
        {
            return Qemu is null ? null : Process(program);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    // Two platforms may have guests of one name; the mount table of the sandbox names the platform.
    private bool IsOf(int pid) => HostCensus.Read($"/proc/{pid}/cgroup")?.Contains(platform.Instance, StringComparison.Ordinal) == true;

    private static bool IsInit(int pid) => HostCensus.Read($"/proc/{pid}/status")?.Split('\n').FirstOrDefault(l => l.StartsWith("NSpid:", StringComparison.Ordinal))?.Split('\t')[^1] == "1";

    private static string? PidNamespace(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/ns/pid").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>Sends signals to processes of the platform under test, by id.</summary>
internal static partial class Signals
{
    public static void Kill(int pid)
    {
        if (SendSignal(pid, 9) != 0) throw new Win32Exception(System.Runtime.InteropServices.Marshal.GetLastPInvokeError(), $"kill {pid}");
    }

    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
