using System.Net;
using System.Net.Sockets;
using Dovetail.Runtime.Seam;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Dovetail.Node.Kubelet;

/// <summary>The node's HTTPS port. Every request is authenticated and authorised before anything else is looked at.</summary>
/// <param name="options">Port, certificate, trust.</param>
/// <param name="nodeName">The Node object's name, which permissions are about.</param>
/// <param name="address">The node's.</param>
/// <param name="api">Reviews tokens and permissions.</param>
/// <param name="endpoint">Answers.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">The server's own.</param>
internal sealed class KubeletServer(KubeletOptions options, string nodeName, IPAddress address, IKubeApi api, KubeletEndpoint endpoint, TimeProvider time, ILoggerFactory loggers)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(1);

    /// <summary>Serves until cancelled.</summary>
    /// <param name="listening">Told the port once it is open.</param>
    /// <param name="ct">Ends it; open streams end with it.</param>
    public async Task RunAsync(Action<int> listening, CancellationToken ct)
    {
        var access = new KubeletAccess(options, nodeName, api, time);
        var logger = loggers.CreateLogger<KubeletServer>();
        await using var app = await StartAsync(access, logger, ct);
        var bound = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        logger.KubeletListens(nodeName, bound.Authority);
        listening(bound.Port);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
        }
        finally
        {
            using var limit = new CancellationTokenSource(DrainLimit, time);
            await app.StopAsync(limit.Token);
        }
    }

    private async Task<WebApplication> StartAsync(KubeletAccess access, ILogger logger, CancellationToken ct)
    {
        for (var port = options.Port ?? KubeletOptions.UsualPort; ;)
        {
            var app = Build(port, access, ct);
            try
            {
                await app.StartAsync(ct);
                return app;
            }
            catch (IOException e)
            {
                await app.DisposeAsync();
                // Another platform or a real kubelet on this machine has the usual one: the Node object tells everybody which one is ours.
                if (options.Port is null && port != 0)
                {
                    port = 0;
                    continue;
                }

                logger.KubeletFailed(nodeName, e.Message);
            }

            await Task.Delay(RetryInterval, time, ct);
        }
    }

    private WebApplication Build(int port, KubeletAccess access, CancellationToken stopping)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinResponseDataRate = null; // a log that nobody writes to is no slow client
            kestrel.Listen(options.Listen ?? address, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1; // WebSocket and SPDY begin as HTTP/1.1
                listen.UseHttps(https =>
                {
                    https.ServerCertificateSelector = (_, _) => options.Certificate();
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.ClientCertificateValidation = (_, _, _) => true; // proven with the request; who shows none that proves anything may have a token
                });
            });
        });
        var app = builder.Build();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(30) });
        app.Run(async context =>
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            try
            {
                if (await access.AdmitAsync(context, either.Token)) await endpoint.HandleAsync(context, either.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
                // The client has gone, or the node stops.
            }
        });
        return app;
    }
}
