namespace Dovetail.ApiServer.Http;

/// <summary>What a path names. <see cref="Resource"/> is "" for a group version's own document (discovery).</summary>
internal readonly record struct RequestPath(string Group, string Version, string Namespace, string Resource, string Name, string Subresource)
{
    /// <summary>Reads <c>/api/v1/…</c> and <c>/apis/GROUP/VERSION/…</c>; false for any other path and for malformed ones.</summary>
    /// <remarks><c>namespaces/NAME/status</c> and <c>/finalize</c> are subresources of the namespace; <c>namespaces/NAME/anything-else</c> is a resource in it.</remarks>
    public static bool TryParse(string path, out RequestPath parsed)
    {
        parsed = default;
        var parts = path.Split('/', StringSplitOptions.None);
        // parts[0] is "" because the path starts with a slash; one slash at the end is allowed.
        var count = parts.Length > 2 && parts[^1].Length == 0 ? parts.Length - 1 : parts.Length;
        for (var i = 1; i < count; i++)
        {
            if (parts[i].Length == 0) return false;
            parts[i] = Uri.UnescapeDataString(parts[i]);
        }

        int at;
        string group, version;
        if (count >= 3 && parts[1] == "api") (group, version, at) = ("", parts[2], 3);
        else if (count >= 4 && parts[1] == "apis") (group, version, at) = (parts[2], parts[3], 4);
        else return false;

        var ns = "";
        var rest = count - at;
        if (rest >= 3 && parts[at] == "namespaces" && !(group.Length == 0 && rest == 3 && parts[at + 2] is "status" or "finalize"))
        {
            ns = parts[at + 1];
            at += 2;
            rest -= 2;
        }

        if (rest > 3 && group.Length == 0) return false;
        parsed = new(
            group,
            version,
            ns,
            rest > 0 ? parts[at] : "",
            rest > 1 ? parts[at + 1] : "",
            rest > 2 ? string.Join('/', parts, at + 2, rest - 2) : "");
        return true;
    }
}
