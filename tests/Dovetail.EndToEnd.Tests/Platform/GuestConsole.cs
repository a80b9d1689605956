using System.Diagnostics;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dovetail.Machinery.Yaml;
using System.Text.Json.Nodes;

namespace Dovetail.EndToEnd.Tests.Platform;

/// <summary>A serial console as its reader sees it: everything that came, and a way to type.</summary>
internal sealed class GuestConsole : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);
    private readonly StringBuilder seen = new();
    private readonly CancellationTokenSource closing = new();
    private readonly Func<string, Task> type;
    private readonly Action close;
    private readonly Task reading;
    private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    /// <summary>Over all consoles: a late one is shown what an earlier one has done.</summary>
    private static int commands;

    private GuestConsole(Func<string, Task> type, Func<byte[], CancellationToken, Task<int>> read, Action close)
    {
        (this.type, this.close) = (type, close);
        reading = ReadAsync(read);
    }

    /// <summary>Any client: the API's console address, upstream's subprotocol, nothing else.</summary>
    public static async Task<GuestConsole> ByWebSocketAsync(TestPlatform platform, string name, CancellationToken ct)
    {
        var config = JsonNode.Parse(YamlToJson.Convert(await File.ReadAllBytesAsync(platform.Kubeconfig, ct)))!;
        byte[] Data(string list, string part, string field) => Convert.FromBase64String(config[list]![0]![part]![field]!.GetValue<string>());
        using var pem = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(Data("users", "user", "client-certificate-data")), Encoding.ASCII.GetString(Data("users", "user", "client-key-data")));
        using var authority = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(
            Encoding.ASCII.GetString(Data("clusters", "cluster", "certificate-authority-data")).Replace("-----BEGIN CERTIFICATE-----", "", StringComparison.Ordinal).Replace("-----END CERTIFICATE-----", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal)));
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("plain.kubevirt.io");
        socket.Options.ClientCertificates = [X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null)];
        var trusted = authority.RawData;
        socket.Options.RemoteCertificateValidationCallback = (_, _, chain, _) => chain!.ChainElements.Any(e => e.Certificate.RawData.AsSpan().SequenceEqual(trusted)) || Chains(chain, trusted);
        await socket.ConnectAsync(new Uri($"wss://{platform.Listen}/apis/subresources.kubevirt.io/v1/namespaces/{Guest.Namespace}/virtualmachineinstances/{name}/console"), ct);
        socket.SubProtocol.ShouldBe("plain.kubevirt.io");
        return new(
            text => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Binary, true, ct),
            async (buffer, token) => (await socket.ReceiveAsync(buffer, token)).Count,
            socket.Dispose);
    }

    /// <summary>Our virtctl on a pseudo terminal, which script(1) gives it.</summary>
    public static GuestConsole ByVirtctl(TestPlatform platform, string name)
    {
        Process process = Shell.Start("script", ["-qfec", $"{Checkout.Virtctl} console {name} -n {Guest.Namespace}", "/dev/null"], platform.Environment());
        return new(
            async text =>
            {
                await process.StandardInput.WriteAsync(text);
                await process.StandardInput.FlushAsync();
            },
            async (buffer, token) => await process.StandardOutput.BaseStream.ReadAsync(buffer, token),
            () =>
            {
                if (!process.HasExited) process.Kill(entireProcessTree: true);
                process.Dispose();
            });
    }

    /// <summary>Logs in as root, who has no password in the tiny guest.</summary>
    public async Task LogInAsync(CancellationToken ct)
    {
        await WaitForAsync("login:", ct);
        await type("root\n");
        await WaitForAsync("# ", ct);
    }

    /// <summary>Types a command at the prompt and returns everything up to its end.</summary>
    public async Task<string> RunAsync(string command, CancellationToken ct)
    {
        var number = Interlocked.Increment(ref commands);
        var marker = $"done-{number}-";
        // The echo of what is typed must not look like the answer: the guest's shell puts the marker together.
        await type($"\n{command}; echo do''ne-{number}-\n");
        await WaitForAsync(marker, ct);
        lock (seen) return seen.ToString();
    }

    public Task TypeAsync(string text) => type(text);

    public async Task WaitForAsync(string text, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        while (true)
        {
            Task next;
            lock (seen)
            {
                if (seen.ToString().Contains(text, StringComparison.Ordinal)) return;
                next = more.Task;
            }

            try
            {
                await next.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                lock (seen) Assert.Fail($"the console has not shown \"{text}\"; it shows:\n{seen}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        close();
        await reading;
        closing.Dispose();
    }

    private async Task ReadAsync(Func<byte[], CancellationToken, Task<int>> read)
    {
        var buffer = new byte[4096];
        try
        {
            while (await read(buffer, closing.Token) is > 0 and var count)
            {
                lock (seen)
                {
                    seen.Append(Encoding.UTF8.GetString(buffer, 0, count));
                    more.TrySetResult();
                    more = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // Closed by either side.
        }
    }

    private static bool Chains(X509Chain chain, byte[] authority)
    {
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(authority));
        return own.Build(chain.ChainElements[0].Certificate);
    }
}
