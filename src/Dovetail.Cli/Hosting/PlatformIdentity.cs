using System.Collections.Immutable;
using System.Text;
using Dovetail.ApiServer.Security;
using Dovetail.Cli.Platform;
using Dovetail.Node;

namespace Dovetail.Cli.Hosting;

/// <summary>Certificates and kubeconfigs of the platform's parts outside the API server, and of its admin.</summary>
/// <param name="VirtApi">virt-api's client certificate.</param>
/// <param name="Others">The admin's, and with a node the node agent's own, its kubelet endpoint's and virt-handler's.</param>
internal sealed record PlatformIdentity(KeptCertificate VirtApi, ImmutableArray<KeptCertificate> Others)
{
    public const string VirtHandler = "virt-handler";
    public const string Kubelet = "kubelet";
    private const string Node = "node";

    public ImmutableArray<KeptCertificate> All => [VirtApi, .. Others];

    /// <summary>Issues what is missing or near its end, and writes the kubeconfigs: the admin's, with all of it inside, is written anew with each certificate; the node's names the file, which the node agent follows.</summary>
    public static PlatformIdentity Ensure(CertificateAuthority authority, DataDirectory data, Settings settings, string nodeName)
    {
        var admin = authority.KeepClient("admin", "dovetail-admin", ["system:masters"]);
        admin.PublishTo(issued => WriteKubeconfig(data.Kubeconfig, settings, authority, "dovetail-admin", $"client-certificate-data: {Inline(issued.CertificatePem)}", $"client-key-data: {Inline(issued.KeyPem)}"));
        var others = ImmutableArray.Create(admin);
        if (settings.Node)
        {
            var user = $"system:node:{nodeName}";
            others =
            [
                admin, authority.KeepClient(Node, user, ["system:nodes"]), authority.KeepServer(VirtHandler, "virt-handler", ["127.0.0.1", "::1", "localhost"]),
                authority.KeepServer(Kubelet, user, [nodeName, NodeAgent.DefaultAddress().ToString(), "127.0.0.1", "::1", "localhost"]),
            ];
            // Relative to its own folder, which is where the certificates are.
            WriteKubeconfig(data.NodeKubeconfig, settings, authority, user, $"client-certificate: {Node}.pem", $"client-key: {Node}.pem");
        }

        return new(authority.KeepClient("virt-api", "system:dovetail:virt-api", []), others);
    }

    /// <summary>virt-handler's serving certificate as the node agent's process sees it.</summary>
    public static string VirtHandlerFile(DataDirectory data) => Path.Combine(data.Pki, VirtHandler + ".pem");

    /// <summary>The serving certificate of the kubelet endpoint as the node agent's process sees it.</summary>
    public static string KubeletFile(DataDirectory data) => Path.Combine(data.Pki, Kubelet + ".pem");

    private static string Inline(string pem) => Convert.ToBase64String(Encoding.UTF8.GetBytes(pem));

    private static void WriteKubeconfig(string path, Settings settings, CertificateAuthority authority, string user, string certificate, string key)
    {
        var text = $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: dovetail
              cluster:
                server: {settings.ApiUrl}
                certificate-authority-data: {Inline(authority.CertificatePem)}
            users:
            - name: {user}
              user:
                {certificate}
                {key}
            contexts:
            - name: dovetail
              context:
                cluster: dovetail
                user: {user}
            current-context: dovetail

            """;
        var bytes = Encoding.UTF8.GetBytes(text);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes)) return;
        AtomicFile.Write(path, bytes);
    }
}
