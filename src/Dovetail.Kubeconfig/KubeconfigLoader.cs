using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Dovetail.Kubeconfig;

/// <summary>Finds the cluster to talk to, as client-go does: flags first, then <c>--kubeconfig</c>, <c>KUBECONFIG</c> or <c>~/.kube/config</c>, then the pod's own service account.</summary>
public static class KubeconfigLoader
{
    private const string ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount/";
    private const string NothingConfigured = "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable";

    /// <param name="environment">Looks up <c>KUBECONFIG</c>, <c>HOME</c> and the variables of a pod.</param>
    /// <exception cref="KubeconfigException">Nothing usable is configured, or a file cannot be read.</exception>
    public static ClusterConnection Load(ConfigOverrides overrides, Func<string, string?> environment)
    {
        var file = ReadFiles(overrides.Kubeconfig, environment);
        if (file.IsEmpty && overrides.Server is null) return InCluster(overrides, environment) ?? throw new KubeconfigException(NothingConfigured);

        var contextName = overrides.Context ?? file.CurrentContext;
        var context = contextName.Length > 0 ? file.Context(contextName) : null;
        if (contextName.Length > 0 && context is null) throw new KubeconfigException($"context \"{contextName}\" does not exist");
        var clusterName = overrides.Cluster ?? context?["cluster"] ?? "";
        var cluster = clusterName.Length > 0 ? file.Cluster(clusterName) ?? throw new KubeconfigException($"cluster \"{clusterName}\" does not exist") : null;
        var userName = overrides.User ?? context?["user"] ?? "";
        var user = userName.Length > 0 ? file.User(userName) ?? throw new KubeconfigException($"auth info \"{userName}\" does not exist") : null;
        foreach (var plugin in new[] { "exec", "auth-provider" })
            if (user?.Has(plugin) == true && overrides.Token is null)
                throw new KubeconfigException($"user \"{userName}\" authenticates by \"{plugin}\", which Dovetail does not support; use a token or a client certificate");

        var server = overrides.Server ?? cluster?["server"] ?? "";
        if (server.Length == 0) throw new KubeconfigException(NothingConfigured);
        var token = overrides.Token ?? user?["token"] ?? "";
        var files = ClientFiles(overrides, user);
        return new ClusterConnection
        {
            Server = ServerUri(server),
            Namespace = overrides.Namespace ?? (context?["namespace"] is { Length: > 0 } given ? given : "default"),
            Authorities = Authorities(FlagFile(overrides.CertificateAuthority) ?? cluster?.Bytes("certificate-authority")),
            ClientCertificateFiles = files,
            ClientCertificate = files is not null ? null : Certificate(FlagFile(overrides.ClientCertificate) ?? user?.Bytes("client-certificate"), FlagFile(overrides.ClientKey) ?? user?.Bytes("client-key")),
            Token = token,
            TokenFile = token.Length > 0 ? "" : user?.FilePath("tokenFile") ?? "",
            Username = user?["username"] ?? "",
            Password = user?["password"] ?? "",
            SkipTlsVerify = overrides.InsecureSkipTlsVerify ?? cluster?["insecure-skip-tls-verify"] == "true",
            TlsServerName = overrides.TlsServerName ?? cluster?["tls-server-name"] ?? "",
            ImpersonatedUser = overrides.As ?? user?["as"] ?? "",
            ImpersonatedGroups = overrides.AsGroup,
        };
    }

    /// <summary>Null unless certificate and key are both in files; what is inline wins over a file that is named beside it.</summary>
    private static CertificateFiles? ClientFiles(ConfigOverrides overrides, KubeconfigFile.Entry? user)
    {
        var certificate = overrides.ClientCertificate ?? NamedFile(user, "client-certificate");
        var key = overrides.ClientKey ?? NamedFile(user, "client-key");
        return certificate is null || key is null ? null : new CertificateFiles(certificate, key);
    }

    private static string? NamedFile(KubeconfigFile.Entry? user, string field) => user is not null && user[field + "-data"].Length == 0 && user.FilePath(field) is { Length: > 0 } path ? path : null;

    private static KubeconfigFile ReadFiles(string? named, Func<string, string?> environment)
    {
        var file = new KubeconfigFile();
        if (named is not null)
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

    private static ClusterConnection? InCluster(ConfigOverrides overrides, Func<string, string?> environment)
    {
        if (environment("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host || environment("KUBERNETES_SERVICE_PORT") is not { Length: > 0 } port || !File.Exists(ServiceAccount + "token")) return null;
        return new ClusterConnection
        {
            Server = ServerUri($"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}"),
            Namespace = overrides.Namespace ?? (File.Exists(ServiceAccount + "namespace") ? File.ReadAllText(ServiceAccount + "namespace").Trim() : "default"),
            Authorities = Authorities(KubeconfigFile.Entry.ReadFile(ServiceAccount + "ca.crt")),
            TokenFile = ServiceAccount + "token",
        };
    }

    private static Uri ServerUri(string server)
    {
        var text = server.Contains("://", StringComparison.Ordinal) ? server : "http://" + server;
        if (!Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var uri)) throw new KubeconfigException($"the server \"{server}\" is not a URL");
        return uri.Scheme is "http" or "https" ? uri : throw new KubeconfigException($"Unsupported Protocol {uri.Scheme}");
    }

    private static byte[]? FlagFile(string? path) => path is null ? null : KubeconfigFile.Entry.ReadFile(path);

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
