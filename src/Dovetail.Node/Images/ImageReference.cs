using System.Net;
using System.Text.RegularExpressions;

namespace Dovetail.Node.Images;

/// <summary>The name of an image: <c>[registry[:port]/]repository[:tag][@algorithm:digest]</c>, with Docker's defaults (docker.io, library/, latest) filled in.</summary>
internal sealed partial record ImageReference(string Registry, string Repository, string Tag, string? Digest)
{
    /// <summary>What is asked of the registry: the digest when there is one, else the tag.</summary>
    public string Selector => Digest ?? Tag;

    /// <summary>Plain HTTP for registries on this machine's loopback, HTTPS for all others.</summary>
    public Uri BaseAddress => new($"{(IsLoopback ? "http" : "https")}://{(Registry == "docker.io" ? "registry-1.docker.io" : Registry)}/v2/");

    public override string ToString() => $"{Registry}/{Repository}{(Digest is null ? ":" + Tag : "@" + Digest)}";

    private bool IsLoopback
    {
        get
        {
            var host = Registry.LastIndexOf(':') is var colon and > 0 ? Registry[..colon] : Registry;
            return host == "localhost" || IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address);
        }
    }

    /// <summary>Null when the text is no image name.</summary>
    public static ImageReference? TryParse(string text)
    {
        var match = Shape().Match(text);
        if (!match.Success) return null;
        var (name, tag, digest) = (match.Groups["name"].Value, match.Groups["tag"].Value, match.Groups["digest"].Value);

        // The first part is a registry when it looks like a host: it has a dot or a port, or is localhost.
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : name[..slash];
        var isHost = first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost";
        var registry = isHost ? first : "docker.io";
        var repository = isHost ? name[(slash + 1)..] : slash < 0 ? "library/" + name : name;
        if (!Repositories().IsMatch(repository)) return null;
        return new ImageReference(registry, repository, tag.Length > 0 ? tag : "latest", digest.Length > 0 ? digest : null);
    }

    [GeneratedRegex(@"^(?<name>[A-Za-z0-9._\-:/\[\]]+?)(:(?<tag>[\w][\w.\-]{0,127}))?(@(?<digest>sha256:[0-9a-f]{64}))?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();

    [GeneratedRegex(@"^[a-z0-9]+([._\-/]+[a-z0-9]+)*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Repositories();
}
