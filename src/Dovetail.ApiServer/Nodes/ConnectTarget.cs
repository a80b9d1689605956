namespace Dovetail.ApiServer.Nodes;

/// <summary>Where a request goes to.</summary>
/// <param name="Address">Scheme, host, port, path and query.</param>
/// <param name="ToKubelet">The API server shows its client certificate.</param>
internal sealed record ConnectTarget(Uri Address, bool ToKubelet)
{
    /// <summary>Whether a kubelet must show a certificate of the cluster's authority; <c>insecureSkipTLSVerifyBackend</c> of a log says no.</summary>
    public bool Verified { get; init; } = true;
}

/// <summary>A name in a proxied path: <c>name</c>, <c>name:port</c> or <c>scheme:name:port</c>, as upstream splits it (apimachinery, <c>SplitSchemeNamePort</c>).</summary>
internal readonly record struct ProxiedName(string Scheme, string Name, string Port)
{
    /// <summary>Null: none of the three.</summary>
    public static ProxiedName? Parse(string id)
    {
        var parts = id.Split(':');
        return parts.Length switch
        {
            1 when parts[0].Length > 0 => new("http", parts[0], ""),
            2 when parts[0].Length > 0 => new("http", parts[0], parts[1]),
            3 when parts[0] is "" or "http" or "https" && parts[1].Length > 0 => new(parts[0].Length == 0 ? "http" : parts[0], parts[1], parts[2]),
            _ => null,
        };
    }
}
