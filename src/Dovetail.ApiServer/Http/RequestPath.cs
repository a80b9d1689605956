namespace Dovetail.ApiServer.Http;

/// <summary>What a path names. <see cref="Resource"/> is "" for a group version's own document (discovery).</summary>
internal readonly record struct RequestPath(string Group, string Version, string Namespace, string Resource, string Name, string Subresource)
{
    /// <summary>The older way to ask for a watch: <c>/api/v1/watch/…</c>.</summary>
    public bool Watch { get; private init; }

    /// <summary>Reads <c>/api/v1/…</c> and <c>/apis/GROUP/VERSION/…</c>; false for any other path and for malformed ones.</summary>
    /// <remarks><c>namespaces/NAME/status</c> and <c>/finalize</c> are subresources of the namespace; <c>namespaces/NAME/anything-else</c> is a resource in it. What follows a subresource is part of it
    /// (<c>proxy/index.html</c>).</remarks>
    public static bool TryParse(string path, out RequestPath parsed)
    {
        parsed = default;
        // Encoded slashes are slashes to upstream's router; everything else comes decoded.
        if (path.Contains("%2f", StringComparison.OrdinalIgnoreCase)) path = path.Replace("%2f", "/", StringComparison.OrdinalIgnoreCase);
        var parts = path.Split('/', StringSplitOptions.None);
        // parts[0] is "" because the path starts with a slash; one slash at the end is allowed.
        var count = parts.Length > 2 && parts[^1].Length == 0 ? parts.Length - 1 : parts.Length;
        int at;
        if (count >= 3 && parts[1] == "api") at = 3;
        else if (count >= 4 && parts[1] == "apis") at = 4;
        else return false;
        var watch = count > at && parts[at] == "watch";
        if (watch) at++;
        var first = at;
        var rest = count - at;
        var ns = "";
        if (rest >= 3 && parts[at] == "namespaces" && !(parts[1] == "api" && rest == 3 && parts[at + 2] is "status" or "finalize"))
        {
            ns = parts[at + 1];
            at += 2;
            rest -= 2;
        }

        // Only a relayed subresource goes on behind its name, and may have empty parts there.
        var named = rest > 2 && parts[at + 2] == "proxy" ? at + 3 : count;
        for (var i = 1; i < named; i++)
        {
            if (parts[i].Length == 0) return false;
        }

        if (rest > 3 && parts[1] == "api" && named == count) return false;
        parsed = new(
            parts[1] == "api" ? "" : parts[2],
            parts[first - (watch ? 2 : 1)],
            ns,
            rest > 0 ? parts[at] : "",
            rest > 1 ? parts[at + 1] : "",
            rest > 2 ? string.Join('/', parts, at + 2, rest - 2) : "") { Watch = watch };
        return true;
    }
}
