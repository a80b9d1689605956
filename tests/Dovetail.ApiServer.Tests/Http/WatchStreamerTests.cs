using System.IO.Pipelines;
using System.Runtime.CompilerServices;
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
        var api = new OneEvent();
        using var lifetime = new Lifetime();
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        context.Features.Set<IHttpResponseBodyFeature>(new GoneClient());
        var resource = ResourceCatalog.BuiltIn.Find("", "v1", "configmaps")!;
        var target = new ObjectTarget { User = UserInfo.Component("test"), Group = "", Version = "v1", Resource = "configmaps" };

        var streaming = new WatchStreamer(api, new RequestMetrics()).StreamAsync(context, resource, target, new WatchOptions(), ObjectWatchFormat.Instance, lifetime.RequestAborted);

        await Should.ThrowAsync<OperationCanceledException>(streaming.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        api.Ended.ShouldBeTrue();
    }

    /// <summary>A watch of one event; then it waits until it is ended.</summary>
    private sealed class OneEvent : IObjectApi
    {
        public bool Ended { get; private set; }

        public async IAsyncEnumerable<ObjectEvent> WatchAsync(ObjectTarget target, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
        {
            try
            {
                yield return new(ObjectEventType.Added, new(1, "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\"}}"u8.ToArray()));
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            }
            finally
            {
                Ended = true;
            }
        }

        public ValueTask<ObjectBytes> GetAsync(ObjectTarget target, string resourceVersion, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<ObjectListing> ListAsync(ObjectTarget target, ListOptions options, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<WriteResult> CreateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<WriteResult> UpdateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<WriteResult> PatchAsync(ObjectTarget target, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<WriteResult> DeleteAsync(ObjectTarget target, DeleteOptions options, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<ObjectListing> DeleteCollectionAsync(ObjectTarget target, ListOptions selection, DeleteOptions options, CancellationToken ct) => throw new NotSupportedException();
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
