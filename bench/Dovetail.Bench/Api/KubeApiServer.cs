using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Dovetail.ApiServer.Security;

namespace Dovetail.Bench.Api;

/// <summary>kube-apiserver over etcd, to be measured in the same run: the binaries that DOVETAIL_BENCH_KUBE_APISERVER and DOVETAIL_BENCH_ETCD name.</summary>
internal static class KubeApiServer
{
    /// <summary>Null when the environment names none.</summary>
    public static ApiServerUnderTest? Start(string folder, int port)
    {
        if (Environment.GetEnvironmentVariable("DOVETAIL_BENCH_KUBE_APISERVER") is not { Length: > 0 } server || Environment.GetEnvironmentVariable("DOVETAIL_BENCH_ETCD") is not { Length: > 0 } etcd) return null;
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        var pki = Directory.CreateDirectory(Path.Combine(folder, "pki")).FullName;
        using var authority = CertificateAuthority.LoadOrCreate(pki, TimeProvider.System);
        authority.KeepServer("apiserver", "kube-apiserver", ["127.0.0.1", "localhost"]);
        authority.KeepClient("admin", "kubernetes-admin", ["system:masters"]);
        using (var key = RSA.Create(2048)) File.WriteAllText(Path.Combine(pki, "sa.key"), key.ExportRSAPrivateKeyPem());
        string File_(string name) => Path.Combine(pki, name);
        string Loopback(int at) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{at}");
        var processes = new Dictionary<string, Process>
        {
            ["etcd"] = Start(etcd, folder, "etcd",
            [
                "--data-dir", Path.Combine(folder, "etcd"), "--listen-client-urls", Loopback(port + 1), "--advertise-client-urls", Loopback(port + 1), "--listen-peer-urls", Loopback(port + 2),
                "--initial-advertise-peer-urls", Loopback(port + 2), "--initial-cluster", "default=" + Loopback(port + 2),
            ]),
            ["kube-apiserver"] = Start(server, folder, "kube-apiserver",
            [
                "--etcd-servers", Loopback(port + 1), "--secure-port", port.ToString(CultureInfo.InvariantCulture), "--bind-address", "127.0.0.1", "--service-cluster-ip-range", "10.96.0.0/12",
                "--tls-cert-file", File_("apiserver.pem"), "--tls-private-key-file", File_("apiserver.pem"), "--client-ca-file", File_("ca.crt"), "--service-account-key-file", File_("sa.key"),
                "--service-account-signing-key-file", File_("sa.key"), "--service-account-issuer", "https://kubernetes.default.svc", "--authorization-mode", "Node,RBAC",
            ]),
        };
        return new("kube-apiserver", new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}/")), File_("ca.crt"), File_("admin.pem"), File_("admin.pem"), processes);
    }

    private static Process Start(string program, string folder, string log, IEnumerable<string> arguments)
    {
        var quoted = string.Join(' ', arguments.Select(a => $"'{a}'"));
        return Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec '{program}' {quoted} > '{Path.Combine(folder, log)}.log' 2>&1"]))!;
    }
}
