using System.Net.Sockets;
using Dovetail.Node.Host;
using Dovetail.Node.Parts.Cri;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dovetail.Node.Parts;

/// <summary>Our containerd: root, state and socket of its own beside any that the system has. Speaks the container runtime interface (CRI) v1.</summary>
internal sealed class Containerd(NodePaths paths, int registryPort, Action<string> version)
{
    public const string Name = "containerd";
    private const string Program = "/usr/bin/containerd";
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(3);

    public string Socket => $"{paths.RunRoot}/containerd/containerd.sock";

    private string ConfigFile => $"{paths.Parts}/containerd.toml";

    /// <summary>Writes the configuration; the part that runs it.</summary>
    public PartSpec Spec()
    {
        Directory.CreateDirectory($"{paths.RunRoot}/containerd");
        DurableFile.Write(ConfigFile, System.Text.Encoding.UTF8.GetBytes(Config()));
        var hosts = $"{paths.Parts}/certs.d/127.0.0.1:{registryPort}";
        Directory.CreateDirectory(hosts);
        File.WriteAllText($"{hosts}/hosts.toml", $"server = \"http://127.0.0.1:{registryPort}\"\n[host.\"http://127.0.0.1:{registryPort}\"]\n  capabilities = [\"pull\", \"resolve\"]\n");
        return new PartSpec { Name = Name, Command = [Program, "--config", ConfigFile], Probe = ProbeAsync };
    }

    /// <summary>restrict_oom_score_adj: without CAP_SYS_RESOURCE runc would fail to lower a container's score, with a message that says nothing about it.</summary>
    private string Config() =>
        $"""
        version = 2
        root = "{paths.DataRoot}/containerd"
        state = "{paths.RunRoot}/containerd/state"
        [grpc]
          address = "{Socket}"
        [ttrpc]
          address = "{Socket}.ttrpc"
        [debug]
          level = "warn"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "localhost/pause:3.6"
          stream_server_address = "127.0.0.1"
          stream_server_port = "0"
          restrict_oom_score_adj = true
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/usr/lib/cni"
            conf_dir = "{paths.Cni}/conf"
            max_conf_num = 1
          [plugins."io.containerd.grpc.v1.cri".registry]
            config_path = "{paths.Parts}/certs.d"
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "overlayfs"
            default_runtime_name = "runc"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                SystemdCgroup = false

        """;

    private async Task<string?> ProbeAsync(CancellationToken ct)
    {
        if (!File.Exists(Socket)) return "its socket is not there yet";
        using var handler = new SocketsHttpHandler { ConnectCallback = ConnectAsync };
        using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler });
        var runtime = new RuntimeService.RuntimeServiceClient(channel);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(ProbeLimit);
            var answer = await runtime.VersionAsync(new VersionRequest { Version = "v1" }, cancellationToken: limit.Token);
            version($"{answer.RuntimeName}://{answer.RuntimeVersion}");
            var status = await runtime.StatusAsync(new StatusRequest(), cancellationToken: limit.Token);
            var bad = status.Status.Conditions.FirstOrDefault(condition => !condition.Status);
            return bad is null ? null : $"{bad.Type}: {bad.Message}";
        }
        catch (RpcException e) when (!ct.IsCancellationRequested)
        {
            return $"it does not answer: {e.Status.Detail}";
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), ct);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
