using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Dovetail.Store;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>What the server says and leaves when it cannot start, and when an answer fails that nobody waits for any more.</summary>
public sealed class ServerFaultTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-faults-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Pki => Path.Combine(folder, "pki");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_taken_port_is_named_and_the_next_start_finds_everything_as_it_was()
    {
        await using var store = new MemoryRevisionStore();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = (IPEndPoint)taken.LocalEndpoint;
        (await Should.ThrowAsync<IOException>(() => StartAsync(store, port, [], NullLoggerFactory.Instance))).Message.ShouldContain($"{port}");

        var revision = store.Current.Revision;
        await using var server = await StartAsync(store, new(IPAddress.Loopback, 0), [], NullLoggerFactory.Instance);
        store.Current.Revision.ShouldBeGreaterThanOrEqualTo(revision);
        using var admin = server.Authority.IssueClient("admin", ["system:masters"]).ForTls();
        using var client = Client(server, admin);
        (await client.GetAsync("/readyz", Ct)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true, LogLevel.Error)]
    [InlineData(false, LogLevel.Debug)]
    public async Task A_defect_is_an_error_in_the_log_even_when_the_client_has_gone_and_a_lost_connection_is_none(bool defect, LogLevel level)
    {
        using var log = new FrontDoorLines();
        var failing = new AggregatedApi(
            "sub.example.com",
            [("v1", """{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"sub.example.com/v1","resources":[]}"""u8.ToArray())],
            "v1",
            async context =>
            {
                var gone = new TaskCompletionSource();
                await using var registration = context.RequestAborted.Register(gone.SetResult);
                context.Abort();
                await gone.Task;
                throw defect ? new InvalidOperationException("a defect") : new IOException("the pipe is broken");
            });
        await using var store = new MemoryRevisionStore();
        await using var server = await StartAsync(store, new(IPAddress.Loopback, 0), [failing], log);
        using var admin = server.Authority.IssueClient("admin", ["system:masters"]).ForTls();
        using var client = Client(server, admin);
        await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync("/apis/sub.example.com/v1/things", Ct));

        (await log.Levels.ReadAsync(Ct)).ShouldBe(level);
    }

    private Task<ApiServerHost> StartAsync(IRevisionStore store, IPEndPoint listen, AggregatedApi[] aggregated, ILoggerFactory loggers) =>
        ApiServerHost.StartAsync(new ApiServerOptions { Listen = listen, PkiFolder = Pki }, store, [], aggregated, TimeProvider.System, loggers, Ct);

    private static HttpClient Client(ApiServerHost server, X509Certificate2 certificate)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { server.Authority.Certificate }, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.ClientCertificates = [certificate];
        return new HttpClient(handler) { BaseAddress = server.Address };
    }

    /// <summary>The levels of the two lines about failed requests.</summary>
    private sealed class FrontDoorLines : ILoggerFactory, ILogger
    {
        private readonly Channel<LogLevel> levels = Channel.CreateUnbounded<LogLevel>();

        public ChannelReader<LogLevel> Levels => levels.Reader;

        public ILogger CreateLogger(string categoryName) => categoryName.EndsWith(".FrontDoor", StringComparison.Ordinal) ? this : NullLogger.Instance;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id is 1 or 2) levels.Writer.TryWrite(logLevel);
        }

        public void Dispose() => levels.Writer.Complete();
    }
}
