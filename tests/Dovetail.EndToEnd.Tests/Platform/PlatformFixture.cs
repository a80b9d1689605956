namespace Dovetail.EndToEnd.Tests.Platform;

/// <summary>The platform that all tests share. When the last one has ended it is taken down, and nothing of it may be left.</summary>
public sealed class PlatformFixture : IAsyncLifetime
{
    private TestPlatform? platform;

    /// <summary>The running platform. Skips the test where none can run.</summary>
    internal TestPlatform Platform
    {
        get
        {
            Assert.SkipWhen(Checkout.Obstacle is not null, Checkout.Obstacle ?? "");
            return platform ?? throw new InvalidOperationException("the platform has not started");
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (Checkout.Obstacle is not null) return;
        var fresh = new TestPlatform("shared");
        platform = fresh;
        await fresh.UpAsync(CancellationToken.None);
        await fresh.PushTinyAsync(CancellationToken.None);
        (await fresh.KubectlAsync($"create namespace {Guest.Namespace}", CancellationToken.None)).Text.ShouldContain("created");
    }

    public async ValueTask DisposeAsync()
    {
        if (platform is not { } used || !Directory.Exists(used.DataDir)) return;
        var instance = used.Instance;
        var down = await used.DovetailAsync("down", CancellationToken.None);
        var left = await HostCensus.TakeAsync(instance, used.DataDir, CancellationToken.None);
        left.ShouldBeEmpty(down.Everything);
        down.Code.ShouldBe(0, down.Everything);
        File.Delete(used.DataDir + ".yaml");
        Directory.Delete(used.DataDir, recursive: true);
    }
}
