using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dovetail.ApiServer.Security;
using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Hosting;

/// <summary>Certificates and kubeconfigs that the server makes at its start, renewed when they near their end.</summary>
internal static class PlatformIdentity
{
    public const string VirtApi = "virt-api";
    public const string VirtHandler = "virt-handler";

    /// <summary>Writes the admin's and the node's kubeconfig and virt-handler's serving certificate; gives virt-api's client certificate.</summary>
    public static IssuedCertificate Ensure(CertificateAuthority authority, DataDirectory data, Settings settings, string nodeName)
    {
        WriteKubeconfig(data.Kubeconfig, settings, authority, authority.EnsureClient("admin", "dovetail-admin", ["system:masters"]), "dovetail-admin");
        if (settings.Node)
        {
            var user = $"system:node:{nodeName}";
            WriteKubeconfig(data.NodeKubeconfig, settings, authority, authority.EnsureClient("node", user, ["system:nodes"]), user);
            authority.EnsureServer(VirtHandler, "virt-handler", ["127.0.0.1", "::1", "localhost"]);
        }

        return authority.EnsureClient(VirtApi, "system:dovetail:virt-api", []);
    }

    /// <summary>A certificate of the PKI folder for TLS; through PKCS #12, because an ephemeral key from PEM does not serve every TLS stack.</summary>
    public static X509Certificate2 Load(DataDirectory data, string name)
    {
        using var pem = X509Certificate2.CreateFromPemFile(Path.Combine(data.Pki, name + ".crt"), Path.Combine(data.Pki, name + ".key"));
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    private static void WriteKubeconfig(string path, Settings settings, CertificateAuthority authority, IssuedCertificate client, string user)
    {
        static string Inline(string pem) => Convert.ToBase64String(Encoding.UTF8.GetBytes(pem));
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
                client-certificate-data: {Inline(client.CertificatePem)}
                client-key-data: {Inline(client.KeyPem)}
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
