using System.Threading.Channels;
using Dovetail.Node.Host;
using Dovetail.Node.Parts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Node.Tests.Real;

public sealed class PartTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("dovetail-parts-").FullName;
    private readonly ProcessWatch watch = new();
    private readonly Channel<PartHealth> told = Channel.CreateUnbounded<PartHealth>();

    [Fact]
    public async Task A_part_that_dies_is_started_again_and_outlives_its_supervisor()
    {
        using var first = new CancellationTokenSource();
        var run = Supervisor().RunAsync(first.Token);
        var began = await HealthyAsync();
        ProcessId.Of(began.Pid)!.Value.Signal(Native.SigKill);
        var again = await HealthyAsync(other: began.Pid);

        await first.CancelAsync();
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        ProcessId.Of(again.Pid).ShouldNotBeNull();

        using var second = new CancellationTokenSource();
        run = Supervisor().RunAsync(second.Token);
        (await HealthyAsync()).Pid.ShouldBe(again.Pid);
        await second.CancelAsync();
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        ProcessId.Of(again.Pid)!.Value.Signal(Native.SigKill);
    }

    [Fact]
    public async Task Containerd_and_the_registry_run_beside_the_agent()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/containerd") && File.Exists("/usr/bin/docker-registry"), "containerd or docker-registry is not installed");
        await using var rig = await NodeRig.StartAsync(parts: true);
        var node = await rig.Kube.FindAsync(Runtime.Seam.BuiltInTypes.Nodes, "", "test-node", default);
        node!.Status.NodeInfo.ContainerRuntimeVersion.ShouldStartWith("containerd://");
        using var http = new HttpClient();
        (await http.GetAsync(new Uri($"http://127.0.0.1:{rig.Options.RegistryPort}/v2/"))).IsSuccessStatusCode.ShouldBeTrue();
    }

    public void Dispose()
    {
        watch.Dispose();
        Directory.Delete(data, recursive: true);
    }

    private PartSupervisor Supervisor()
    {
        var paths = new NodePaths("abcdef", data);
        Directory.CreateDirectory(paths.Parts);
        var spec = new PartSpec { Name = "sleeper", Command = ["/bin/sleep", "1000"], Probe = _ => Task.FromResult<string?>(null) };
        return new PartSupervisor(spec, paths, watch, TimeProvider.System, health => told.Writer.TryWrite(health), NullLogger.Instance);
    }

    private async Task<PartHealth> HealthyAsync(int other = 0)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var health = await told.Reader.ReadAsync(limit.Token);
            if (health.Healthy && health.Pid != other) return health;
        }
    }
}
