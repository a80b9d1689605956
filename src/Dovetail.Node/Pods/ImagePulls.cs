using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dovetail.Node.Images;

namespace Dovetail.Node.Pods;

/// <summary>A container of a launcher pod that stands for a container disk.</summary>
internal sealed record DiskImage(string Container, string Image, string Path, string PullPolicy, string InsidePath);

/// <summary>How the pull of one image of one pod stands. <see cref="RetryAt"/> is set while a failed one backs off.</summary>
internal sealed record PullState(DiskImage Wanted, Task<ImageDisk>? Running, ImageDisk? Disk, ImagePullException? Failure, int Failures, DateTimeOffset? RetryAt)
{
    /// <summary>A pull that takes longer is told, so that nobody wonders what a start waits for; a shorter one is no write more.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

    /// <summary>When the running pull began.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>From when on the running pull is told.</summary>
    public DateTimeOffset? ToldFrom => Running is null ? null : Since + Short;
}

/// <summary>
/// The pulls of the pods on this node, with kubelet's back-off: 10 s after the first failure, doubled up to 5 min. They live in memory: after a restart everything is asked for again, and
/// what is cached is there at once.
/// </summary>
internal sealed class ImagePulls(ImageStore images, TimeProvider time)
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<(string PodUid, string Container), PullState> pulls = new();
    private readonly ConcurrentDictionary<string, CancellationTokenSource> lives = new();

    /// <summary>Starts what is neither running nor done nor backing off. <paramref name="ended"/> is called when a pull ends.</summary>
    public void Ensure(string podUid, IEnumerable<DiskImage> wanted, Action ended, CancellationToken ct)
    {
        var life = lives.GetOrAdd(podUid, _ => CancellationTokenSource.CreateLinkedTokenSource(ct));
        foreach (var disk in wanted)
        {
            var key = (podUid, disk.Container);
            var before = pulls.GetValueOrDefault(key);
            if (before is { Disk: not null } or { Running: not null } || before?.RetryAt > time.GetUtcNow()) continue;
            var running = TryEnsureAsync(disk, life.Token);
            pulls[key] = new PullState(disk, running, null, before?.Failure, before?.Failures ?? 0, null) { Since = time.GetUtcNow() };
            _ = FinishAsync(key, running, ended);
        }
    }

    public ImmutableArray<PullState> Of(string podUid, IEnumerable<DiskImage> wanted) =>
        [.. wanted.Select(disk => pulls.GetValueOrDefault((podUid, disk.Container)) ?? new PullState(disk, null, null, null, 0, null))];

    /// <summary>Gives up what is being pulled for the pod alone.</summary>
    public void Forget(string podUid)
    {
        foreach (var key in pulls.Keys.Where(key => key.PodUid == podUid)) pulls.TryRemove(key, out _);
        if (!lives.TryRemove(podUid, out var life)) return;
        life.Cancel();
        life.Dispose();
    }

    public static ImagesState StateOf(ImmutableArray<PullState> states, DateTimeOffset now)
    {
        if (states.All(s => s.Disk is not null)) return ImagesState.Ready;
        if (states.Any(s => s is { Disk: null, Running: null } && !(s.RetryAt > now))) return ImagesState.Wanted;
        return states.Any(s => s.Running is not null) ? ImagesState.Pulling : ImagesState.BackingOff;
    }

    public static TimeSpan Backoff(int failures) =>
        TimeSpan.FromSeconds(Math.Min(FirstBackoff.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 10)), MaxBackoff.TotalSeconds));

    private async Task<ImageDisk> TryEnsureAsync(DiskImage disk, CancellationToken ct) => await images.EnsureAsync(disk.Image, disk.Path, disk.PullPolicy, ct);

    private async Task FinishAsync((string PodUid, string Container) key, Task<ImageDisk> running, Action ended)
    {
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!pulls.TryGetValue(key, out var state) || state.Running != running) return;
        if (running.IsCompletedSuccessfully)
        {
            pulls[key] = state with { Running = null, Disk = running.Result, Failure = null, Failures = 0 };
        }
        else
        {
            var failure = ImagePullException.Of(running.Exception?.InnerException);
            var failures = state.Failures + 1;
            pulls[key] = state with { Running = null, Failure = failure, Failures = failures, RetryAt = time.GetUtcNow() + Backoff(failures) };
        }

        ended();
    }
}
