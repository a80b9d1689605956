using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dovetail.Virtctl.Commands;

namespace Dovetail.Virtctl.Kubeconfig;

/// <summary>Finds the cluster to talk to, as client-go does: flags first, then <c>--kubeconfig</c>, <c>KUBECONFIG</c> or <c>~/.kube/config</c>, then the pod's own service account.</summary>
internal static class KubeconfigLoader
{
    private const string ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount/";
    private const string NothingConfigured = "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable";

    /// <exception cref="KubeconfigException">Nothing usable is configured, or a file cannot be read.</exception>
    public static ClusterConnection Load(FlagSet flags, Func<string, string?> environment)
    {
        var file = ReadFiles(flags, environment);
        if (file.IsEmpty && !flags.Has("server")) return InCluster(flags, environment) ?? throw new KubeconfigException(NothingConfigured);

        var contextName = flags.Text("context", file.CurrentContext);
        var context = contextName.Length > 0 ? file.Context(contextName) : null;
        if (contextName.Length > 0 && context is null) throw new KubeconfigException($"context \"{contextName}\" does not exist");
        var clusterName = flags.Text("cluster", context?["cluster"] ?? "");
        var cluster = clusterName.Length > 0 ? file.Cluster(clusterName) ?? throw new KubeconfigException($"cluster \"{clusterName}\" does not exist") : null;
        var userName = flags.Text("user", context?["user"] ?? "");
        var user = userName.Length > 0 ? file.User(userName) ?? throw new KubeconfigException($"auth info \"{userName}\" does not exist") : null;
        foreach (var plugin in new[] { "exec", "auth-provider" })
            if (user?.Has(plugin) == true && !flags.Has("token"))
                throw new KubeconfigException($"user \"{userName}\" authenticates by \"{plugin}\", which Dovetail's virtctl does not support; use a token or a client certificate");

        var server = flags.Text("server", cluster?["server"] ?? "");
        if (server.Length == 0) throw new KubeconfigException(NothingConfigured);
        return new ClusterConnection
        {
            Server = ServerUri(server),
            Namespace = flags.Text("namespace", context?["namespace"] is { Length: > 0 } given ? given : "default"),
            Authorities = Authorities(FlagFile(flags, "certificate-authority") ?? cluster?.Bytes("certificate-authority")),
            ClientCertificate = Certificate(FlagFile(flags, "client-certificate") ?? user?.Bytes("client-certificate"), FlagFile(flags, "client-key") ?? user?.Bytes("client-key")),
            Token = flags.Text("token", user?["token"] is { Length: > 0 } token ? token : user?.FileText("tokenFile") ?? ""),
            Username = user?["username"] ?? "",
            Password = user?["password"] ?? "",
            SkipTlsVerify = flags.Has("insecure-skip-tls-verify") ? flags.Boolean("insecure-skip-tls-verify") : cluster?["insecure-skip-tls-verify"] == "true",
            TlsServerName = flags.Text("tls-server-name", cluster?["tls-server-name"] ?? ""),
            ImpersonatedUser = flags.Text("as", user?["as"] ?? ""),
            ImpersonatedGroups = flags.All("as-group"),
        };
    }

    private static KubeconfigFile ReadFiles(FlagSet flags, Func<string, string?> environment)
    {
        var file = new KubeconfigFile();
        if (flags.Text("kubeconfig") is { Length: > 0 } named)
        {
            if (!File.Exists(named)) throw new KubeconfigException($"stat {named}: no such file or directory");
            file.Add(named);
            return file;
        }

        var paths = environment("KUBECONFIG") is { Length: > 0 } listed
            ? listed.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            : [Path.Combine(environment("HOME") ?? "/", ".kube", "config")];
        foreach (var path in paths)
            if (File.Exists(path)) file.Add(path); // missing files of the list are passed over, as client-go does
        return file;
    }

    private static ClusterConnection? InCluster(FlagSet flags, Func<string, string?> environment)
    {
        if (environment("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host || environment("KUBERNETES_SERVICE_PORT") is not { Length: > 0 } port || !File.Exists(ServiceAccount + "token")) return null;
        return new ClusterConnection
        {
            Server = ServerUri($"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}"),
            Namespace = flags.Text("namespace", File.Exists(ServiceAccount + "namespace") ? File.ReadAllText(ServiceAccount + "namespace").Trim() : "default"),
            Authorities = Authorities(KubeconfigFile.Entry.ReadFile(ServiceAccount + "ca.crt")),
            Token = File.ReadAllText(ServiceAccount + "token").Trim(),
        };
    }

    private static Uri ServerUri(string server)
    {
        var text = server.Contains("://", StringComparison.Ordinal) ? server : "http://" + server;
        if (!Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var uri)) throw new KubeconfigException($"the server \"{server}\" is not a URL");
        return uri.Scheme is "http" or "https" ? uri : throw new KubeconfigException($"Unsupported Protocol {uri.Scheme}");
    }

    private static byte[]? FlagFile(FlagSet flags, string flag) => flags.Text(flag) is { Length: > 0 } path ? KubeconfigFile.Entry.ReadFile(path) : null;

    private static X509Certificate2Collection Authorities(byte[]? pem)
    {
        var authorities = new X509Certificate2Collection();
        if (pem is null) return authorities;
        try
        {
            authorities.ImportFromPem(Encoding.UTF8.GetString(pem));
        }
        catch (CryptographicException e)
        {
            throw new KubeconfigException($"unable to load root certificates: {e.Message}", e);
        }

        return authorities.Count > 0 ? authorities : throw new KubeconfigException("unable to load root certificates: unable to parse bytes as PEM block");
    }

    private static X509Certificate2? Certificate(byte[]? certificate, byte[]? key)
    {
        if (certificate is null && key is null) return null;
        if (certificate is null || key is null) throw new KubeconfigException("tls: a client certificate needs its key, and a key its certificate");
        try
        {
            return X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeconfigException($"tls: the client certificate cannot be used: {e.Message}", e);
        }
    }
}
