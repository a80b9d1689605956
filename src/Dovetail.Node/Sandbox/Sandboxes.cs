using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Dovetail.Node.Host;

namespace Dovetail.Node.Sandbox;

/// <summary>A running sandbox: its init as seen from the host.</summary>
internal readonly record struct RunningSandbox(ProcessId Init);

/// <summary>
/// Starts, finds again, ends and removes sandboxes. Everything is idempotent and found again from the host itself (cgroup members and bwrap's status file), so that a node agent that was
/// killed between any two steps goes on.
/// </summary>
internal sealed class Sandboxes(NodePaths paths, SandboxView view, Cgroups cgroups, ProcessWatch watch, TimeProvider time)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan KillRound = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);

    /// <summary>Makes the folders and the cgroup and starts the sandbox. Whatever an earlier attempt left running is ended first.</summary>
    public async Task<RunningSandbox> StartAsync(SandboxSpec spec, string? warmCapabilities, CancellationToken ct)
    {
        await KillAsync(spec.PodUid, ct);
        var files = new SandboxFiles(paths, spec.PodUid);
        files.Prepare(spec, warmCapabilities);
        var joins = cgroups.Create(spec.PodUid, spec.Limits);

        var start = new ProcessStartInfo("/bin/sh", BwrapCommand.Build(spec, files, view.Reach, joins)) { UseShellExecute = false, WorkingDirectory = "/" };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        using var outer = Process.Start(start) ?? throw new IOException("could not start /bin/sh");
        return await WaitForInitAsync(files, outer, ct);
    }

    /// <summary>The sandbox's init when it runs.</summary>
    public RunningSandbox? Find(string podUid)
    {
        if (BwrapStatus.Read(new SandboxFiles(paths, podUid).Status).ChildPid is not { } pid || !cgroups.Processes(podUid).Contains(pid)) return null;
        return ProcessId.Of(pid) is { } init ? new RunningSandbox(init) : null;
    }

    /// <summary>The exit code of an ended sandbox, as its outer bwrap wrote it down; null when that one was killed too and nobody knows.</summary>
    public int? ExitCode(string podUid) => BwrapStatus.Read(new SandboxFiles(paths, podUid).Status).ExitCode;

    /// <summary>Whether bwrap came as far as making the sandbox's first process.</summary>
    public bool HasRun(string podUid) => BwrapStatus.Read(new SandboxFiles(paths, podUid).Status).ChildPid is not null;

    /// <summary>Whether it is over: init has ended, and the outer bwrap, which notes the exit code a moment later, has too.</summary>
    public bool HasEnded(string podUid, ProcessId init) => !init.IsAlive && (ExitCode(podUid) is not null || Outer(podUid) is null);

    /// <summary>Waits until it is over (<see cref="HasEnded"/>).</summary>
    public async Task WaitForExitAsync(string podUid, ProcessId init, CancellationToken ct)
    {
        await watch.WaitForExitAsync(init, ct);
        if (Outer(podUid) is { } outer) await watch.WaitForExitAsync(outer, ct);
    }

    /// <summary>Kills everything in the sandbox's cgroup and waits until it is gone. What is forked meanwhile is hit in the next round.</summary>
    public async Task KillAsync(string podUid, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        while (cgroups.Kill(podUid).Select(ProcessId.Of).OfType<ProcessId>().ToList() is { Count: > 0 } living)
        {
            if (time.GetElapsedTime(began) > KillLimit)
                throw new IOException($"processes of sandbox {podUid} did not end within {KillLimit.TotalSeconds:0} s of SIGKILL: {string.Join(", ", living.Select(p => p.Pid))}");
            using var round = new CancellationTokenSource(KillRound, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, round.Token);
            var ends = Task.WhenAll(living.Select(process => watch.WaitForExitAsync(process, either.Token)));
            await ends.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Ends what is left of the sandbox and removes its cgroup and folders.</summary>
    public async Task RemoveAsync(string podUid, CancellationToken ct)
    {
        await KillAsync(podUid, ct);
        for (var delay = 5; !cgroups.TryRemove(podUid); delay = Math.Min(delay * 2, 500))
            await Task.Delay(TimeSpan.FromMilliseconds(delay), time, ct); // the last process is being reaped; a cgroup tells nobody when it is empty on v1
        DurableFile.RemoveTree(paths.RunPod(podUid));
        DurableFile.RemoveTree(paths.SandboxFolder(podUid));
        DurableFile.RemoveTree(Path.GetDirectoryName(paths.Volume(podUid, "private"))!);
    }

    /// <summary>The outer bwrap while it runs.</summary>
    private ProcessId? Outer(string podUid)
    {
        var noted = DurableFile.Read(new SandboxFiles(paths, podUid).OuterPid);
        return noted is not null && int.TryParse(noted, CultureInfo.InvariantCulture, out var pid) && cgroups.Processes(podUid).Contains(pid) ? ProcessId.Of(pid) : null;
    }

    private async Task<RunningSandbox> WaitForInitAsync(SandboxFiles files, Process outer, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(StartLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        for (var delay = 2; ; delay = Math.Min(delay * 2, 50))
        {
            if (BwrapStatus.Read(files.Status).ChildPid is { } pid && ProcessId.Of(pid) is { } init) return new RunningSandbox(init);
            if (outer.HasExited) throw new SandboxStartException(outer.ExitCode, LastLines(files.OuterLog));
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(delay), time, either.Token); // bwrap writes its status within some 20 ms
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw new SandboxStartException(-1, $"bwrap told no process within {StartLimit.TotalSeconds:0} s. {LastLines(files.OuterLog)}");
            }
        }
    }

    private static string LastLines(string file)
    {
        try
        {
            return string.Join(' ', File.ReadLines(file).TakeLast(5)).Trim();
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}

/// <summary>bwrap could not make the sandbox.</summary>
internal sealed class SandboxStartException(int exitCode, string said) : IOException($"the sandbox did not start (exit code {exitCode}): {said}");

/// <summary>What bwrap has written to its status descriptor: JSON documents, one a line.</summary>
/// <example><code>{ "child-pid": 4711, "cgroup-namespace": 4026532770, … }
/// { "exit-code": 0 }</code></example>
internal readonly record struct BwrapStatus(int? ChildPid, int? ExitCode)
{
    public static BwrapStatus Read(string file)
    {
        try
        {
            return Parse(File.ReadLines(file));
        }
        catch (IOException)
        {
            return default;
        }
    }

    public static BwrapStatus Parse(IEnumerable<string> lines)
    {
        var status = default(BwrapStatus);
        foreach (var line in lines)
        {
            try
            {
                using var document = JsonDocument.Parse(line);
                if (document.RootElement.TryGetProperty("child-pid", out var pid)) status = status with { ChildPid = pid.GetInt32() };
                if (document.RootElement.TryGetProperty("exit-code", out var code)) status = status with { ExitCode = code.GetInt32() };
            }
            catch (JsonException)
            {
                // The line is still being written; the next read finds it whole.
            }
        }

        return status;
    }
}
