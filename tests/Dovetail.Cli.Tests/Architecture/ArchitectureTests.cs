using System.Xml.Linq;

namespace Dovetail.Cli.Tests.Architecture;

/// <summary>Arrows point down only (docs/architecture.md, "The parts"), and names say what is in a folder.</summary>
public sealed class ArchitectureTests
{
    private const int LongestFile = 600;

    /// <summary>What each project may reference. A new arrow needs a line here, one in docs/architecture.md and, when it is not obvious, an ADR.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Api"] = [],
        ["Machinery"] = [],
        ["Store"] = [],
        ["LauncherApi"] = [],
        ["Kubeconfig"] = [],
        ["Virtctl"] = ["Kubeconfig"],
        ["ApiServer"] = ["Api", "Machinery", "Store"],
        ["Runtime"] = ["Api", "Kubeconfig", "Machinery"],
        ["Workloads"] = ["Api", "Machinery", "Runtime"],
        ["Virt"] = ["Api", "LauncherApi", "Machinery", "Runtime"],
        ["Node"] = ["Api", "LauncherApi", "Machinery", "Runtime"],
        ["Launcher"] = ["LauncherApi"],
        ["Cli"] = ["Api", "ApiServer", "Kubeconfig", "LauncherApi", "Machinery", "Node", "Runtime", "Store", "Virt", "Workloads"],
    };

    private static readonly string[] EmptyNames = ["Common", "Utils", "Util", "Helpers", "Services", "Interfaces", "Managers", "Misc", "Shared"];

    [Fact]
    public void Projects_reference_what_the_design_allows_and_nothing_else()
    {
        var found = Repository.Files("src", "*.csproj").ToDictionary(Short, References);
        found.Keys.Order().ShouldBe(Arrows.Keys.Order());
        foreach (var (project, references) in found) references.Except(Arrows[project]).ShouldBeEmpty($"Dovetail.{project} references what is not below it");
    }

    [Fact]
    public void A_namespace_follows_its_project_and_folder()
    {
        var strays = from file in Repository.Files("src", "*.cs")
                     let line = File.ReadLines(Path.Combine(Repository.Root, file)).FirstOrDefault(l => l.StartsWith("namespace ", StringComparison.Ordinal))
                     where line is not null
                     let expected = Path.GetDirectoryName(file)!["src/".Length..].Replace('/', '.')
                     where line != $"namespace {expected};"
                     select $"{file}: {line}";
        strays.ShouldBeEmpty();
    }

    [Fact]
    public void No_folder_has_a_name_that_says_nothing() =>
        Repository.Files("src", "*.cs").Where(file => file.Split('/').Any(EmptyNames.Contains)).ShouldBeEmpty();

    [Fact]
    public void No_file_is_longer_than_a_reader_can_hold() =>
        Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs")).Where(file => File.ReadLines(Path.Combine(Repository.Root, file)).Count() > LongestFile).ShouldBeEmpty();

    [Fact]
    public void Nothing_is_left_to_do_in_the_sources()
    {
        var marks = new[] { "TO" + "DO", "FIX" + "ME", "HA" + "CK", "NotImplemented" + "Exception" };
        var left = from file in Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs"))
                   from line in File.ReadLines(Path.Combine(Repository.Root, file))
                   where marks.Any(mark => line.Contains(mark, StringComparison.Ordinal))
                   select $"{file}: {line.Trim()}";
        left.ShouldBeEmpty();
    }

    /// <summary>The simulation runs them on virtual time, on one thread: what they start or wait for must go through the seams.</summary>
    [Fact]
    public void Controllers_start_no_thread_and_read_no_clock_of_their_own()
    {
        string[] forbidden = ["Task.Run(", "new Thread(", "ConfigureAwait(false)", "Stopwatch.", "TimeProvider.System"];
        var found = from folder in new[] { "src/Dovetail.Runtime", "src/Dovetail.Workloads", "src/Dovetail.Virt/VirtController", "src/Dovetail.ApiServer/Registry" }
                    from file in Repository.Files(folder, "*.cs")
                    from line in File.ReadLines(Path.Combine(Repository.Root, file))
                    where !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && forbidden.Any(f => line.Contains(f, StringComparison.Ordinal))
                    select $"{file}: {line.Trim()}";
        found.ShouldBeEmpty();
    }

    [Fact]
    public void The_page_on_architecture_names_every_project()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/architecture.md"));
        Arrows.Keys.Where(project => !page.Contains($"| `{project}` |", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_link_of_the_documents_leads_somewhere()
    {
        var broken = from file in Repository.Files("docs", "*.md").Append("README.md")
                     from path in Paths(File.ReadAllText(Path.Combine(Repository.Root, file)))
                     where !Path.Exists(Path.Combine(Repository.Root, path)) && !Path.Exists(Path.Combine(Repository.Root, "src", $"Dovetail.{path}"))
                     select $"{file}: {path}";
        broken.ShouldBeEmpty();
    }

    private static string Short(string csproj) => Path.GetFileNameWithoutExtension(csproj)["Dovetail.".Length..];

    private static string[] References(string csproj) =>
        [.. XDocument.Load(Path.Combine(Repository.Root, csproj)).Descendants("ProjectReference").Select(r => Short(((string)r.Attribute("Include")!).Replace('\\', '/')))];

    /// <summary>What stands between backquotes and looks like a path of the repository.</summary>
    private static IEnumerable<string> Paths(string markdown) =>
        markdown.Split('`').Where((_, i) => i % 2 == 1)
            .Where(code => code.Contains('/', StringComparison.Ordinal) && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_'))
            .Where(code => code.EndsWith(".cs", StringComparison.Ordinal) || code.EndsWith(".md", StringComparison.Ordinal) || code.StartsWith("src/", StringComparison.Ordinal) || code.StartsWith("tests/", StringComparison.Ordinal)
                || code.StartsWith("docs/", StringComparison.Ordinal) || code.StartsWith("images/", StringComparison.Ordinal));
}
