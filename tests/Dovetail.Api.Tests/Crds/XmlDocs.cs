using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Dovetail.Api.Tests.Crds;

/// <summary>The summaries that the compiler wrote beside Dovetail.Api.dll; they become the descriptions that <c>kubectl explain</c> shows.</summary>
public sealed partial class XmlDocs
{
    private readonly Dictionary<string, string> summaries;

    private XmlDocs(Dictionary<string, string> summaries) => this.summaries = summaries;

    public static XmlDocs OfApi()
    {
        var file = Path.ChangeExtension(typeof(ApiTypes).Assembly.Location, ".xml");
        var members = XDocument.Load(file).Root!.Element("members")!.Elements("member");
        return new(members.Where(m => m.Element("summary") is not null)
            .ToDictionary(m => (string)m.Attribute("name")!, m => Spaces().Replace(m.Element("summary")!.Value, " ").Trim(), StringComparer.Ordinal));
    }

    public string? Of(Type type) => summaries.GetValueOrDefault($"T:{type.FullName}");

    public string? Of(PropertyInfo property) => summaries.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}");

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
