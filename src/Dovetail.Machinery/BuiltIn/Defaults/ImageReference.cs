using System.Text.RegularExpressions;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>Names of images (<c>distribution/reference</c>), as far as defaults depend on them.</summary>
internal static partial class ImageReference
{
    private const int LongestName = 255;

    /// <summary>Whether the image may change under its name: it has no tag and no digest, or the tag "latest". What is no name of an image is none of these.</summary>
    public static bool IsLatest(string image)
    {
        var slash = image.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : image[..slash];
        var withHost = first.AsSpan().ContainsAny('.', ':') || first == "localhost" || first.Any(char.IsAsciiLetterUpper);
        var rest = withHost ? image[(slash + 1)..] : image;
        var match = Form().Match(rest);
        if (!match.Success || match.Groups["name"].Length > LongestName || (withHost && !Host().IsMatch(first)) || (!withHost && Identifier().IsMatch(image)))
            return false;
        var tag = match.Groups["tag"];
        return tag.Success ? tag.Value == "latest" : !match.Groups["digest"].Success;
    }

    [GeneratedRegex(@"\A(?<name>[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*)(:(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(@(?<digest>[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?\z")]
    private static partial Regex Form();

    [GeneratedRegex(@"\A(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(:[0-9]+)?\z")]
    private static partial Regex Host();

    [GeneratedRegex(@"\A[a-f0-9]{64}\z")]
    private static partial Regex Identifier();
}
