using System.IO.Pipelines;
using Dovetail.ApiServer.Http;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.ApiServer.Tests.Http;

public sealed class WatchStreamerTests
{
    [Fact]
    public async Task A_client_that_goes_while_it_is_written_to_leaves_no_watch_behind()
    {
        var harness = new RegistryHarness();
        harness.Create("", "v1", "configmaps", "demo", """{"metadata":{"name":"a"}}""");
        using var lifetime = new Lifetime();
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        context.Features.Set<IHttpResponseBodyFeature>(new GoneClient());
        var resource = ResourceCatalog.BuiltIn.Find("", "v1", "configmaps")!;

        var streaming = new WatchStreamer(harness.Registry, new RequestMetrics()).StreamAsync(context, resource, RegistryHarness.ConfigMaps(), new WatchOptions(), ObjectWatchFormat.Instance, default);

        await streaming.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature, IDisposable
    {
        private readonly CancellationTokenSource aborted = new();

        public CancellationToken RequestAborted
        {
            get => aborted.Token;
            set => throw new NotSupportedException();
        }

        public void Abort() => aborted.Cancel();

        public void Dispose() => aborted.Dispose();
    }

    /// <summary>Takes the headers; by the first event there is nobody any more.</summary>
    private sealed class GoneClient : PipeWriter, IHttpResponseBodyFeature
    {
        private readonly byte[] buffer = new byte[64 * 1024];

        public Stream Stream => Stream.Null;

        public PipeWriter Writer => this;

        public override bool CanGetUnflushedBytes => true;

        public override long UnflushedBytes => 0;

        public Task StartAsync(CancellationToken ct) => Task.CompletedTask;

        public Task CompleteAsync() => Task.CompletedTask;

        public void DisableBuffering()
        {
        }

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken ct) => throw new NotSupportedException();

        public override Memory<byte> GetMemory(int sizeHint = 0) => buffer;

        public override Span<byte> GetSpan(int sizeHint = 0) => buffer;

        public override void Advance(int bytes)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken ct = default) => new(new FlushResult(isCanceled: false, isCompleted: true));

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }
    }
}
