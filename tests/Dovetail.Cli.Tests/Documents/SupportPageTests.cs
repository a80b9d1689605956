using System.Text;
using System.Text.Json;
using Dovetail.Api;
using Dovetail.Cli.Tests.Architecture;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Virt.Domain;
using Dovetail.Virt.VirtApi.Subresources;

namespace Dovetail.Cli.Tests.Documents;

/// <summary>The tables of docs/support.md are made from the code. DOVETAIL_UPDATE_GOLDENS=1 writes them.</summary>
public sealed class SupportPageTests
{
    private static readonly string Page = Path.Combine(Repository.Root, "docs/support.md");

    [Theory]
    [InlineData("kinds")]
    [InlineData("fields")]
    [InlineData("subresources")]
    public void The_page_says_what_the_code_does(string table)
    {
        var text = File.ReadAllText(Page);
        var (open, close) = ($"<!-- {table} -->\n", $"<!-- end of {table} -->");
        var from = text.IndexOf(open, StringComparison.Ordinal) + open.Length;
        var to = text.IndexOf(close, StringComparison.Ordinal);
        var expected = table switch
        {
            "kinds" => Kinds(),
            "fields" => Fields(),
            _ => Subresources(),
        };
        if (Environment.GetEnvironmentVariable("DOVETAIL_UPDATE_GOLDENS") == "1") File.WriteAllText(Page, text[..from] + expected + text[to..]);
        else text[from..to].ShouldBe(expected, "run this test with DOVETAIL_UPDATE_GOLDENS=1");
    }

    private static string Kinds()
    {
        var page = new StringBuilder("| kind | group and version | subresources | |\n|---|---|---|---|\n");
        foreach (var r in BuiltInResources.All.OrderBy(r => r.Group, StringComparer.Ordinal).ThenBy(r => r.Kind, StringComparer.Ordinal))
            page.Append($"| {r.Kind} | {r.ApiVersion} | {string.Join(", ", r.Subresources.Select(s => s.Name))} | {(r.Enforced ? "" : "stored only, with a Warning")} |\n");
        foreach (var type in ApiTypes.All) page.Append($"| {type.Kind} | {type.Group}, a CRD of the platform | {(type.StatusSubresource ? "status" : "")} | |\n");
        return page.ToString();
    }

    /// <summary>Grouped by what they hang below; values where only some work.</summary>
    private static string Fields()
    {
        var page = new StringBuilder("| below `spec` | fields |\n|---|---|\n");
        foreach (var group in SupportedFields.Paths.GroupBy(Parent))
            page.Append($"| {(group.Key.Length == 0 ? "" : $"`{group.Key}`")} | {string.Join(", ", group.Select(path => Shown(path, group.Key)))} |\n");
        return page.ToString();
    }

    private static string Shown(string path, string parent)
    {
        var name = parent.Length == 0 ? path : path[(parent.Length + 1)..];
        return SupportedFields.Values.TryGetValue(path, out var values) ? $"`{name}` ({string.Join(", ", values)})" : $"`{name}`";
    }

    private static string Parent(string path)
    {
        var bare = path.EndsWith(".**", StringComparison.Ordinal) ? path[..^3] : path.EndsWith(".*", StringComparison.Ordinal) ? path[..^2] : path;
        var dot = bare.LastIndexOf('.');
        return dot < 0 ? "" : bare[..dot];
    }

    private static string Subresources()
    {
        using var list = JsonDocument.Parse(SubresourceApi.ResourceList(SubresourceApi.Version));
        var names = list.RootElement.GetProperty("resources").EnumerateArray().Select(r => r.GetProperty("name").GetString()!.Split('/', 2));
        var page = new StringBuilder("| resource | subresources |\n|---|---|\n");
        foreach (var group in names.GroupBy(n => n[0])) page.Append($"| {group.Key} | {string.Join(", ", group.Select(n => $"`{n[1]}`"))} |\n");
        return page.ToString();
    }
}
