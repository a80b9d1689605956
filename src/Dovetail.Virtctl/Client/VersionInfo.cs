using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Dovetail.Virtctl.Client;

/// <summary>The version document of KubeVirt's API; <see cref="ToString"/> prints it as upstream's virtctl does.</summary>
public sealed record VersionInfo(string GitVersion, string GitCommit, string GitTreeState, string BuildDate, string GoVersion, string Compiler, string Platform)
{
    /// <summary>This program. The first numbers are the KubeVirt version that it is compatible with.</summary>
    public static VersionInfo Client { get; } = new(
        "v1.9.0+dovetail." + (typeof(VersionInfo).Assembly.GetName().Version?.ToString(3) ?? "0"),
        "",
        "clean",
        "1970-01-01T00:00:00Z",
        "none",
        "dotnet" + Environment.Version.Major.ToString(System.Globalization.CultureInfo.InvariantCulture),
        "linux/" + (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64"));

    public static VersionInfo Parse(JsonObject json)
    {
        string Text(string name) => json[name]?.ToString() ?? "";
        return new(Text("gitVersion"), Text("gitCommit"), Text("gitTreeState"), Text("buildDate"), Text("goVersion"), Text("compiler"), Text("platform"));
    }

    public override string ToString() =>
        $"version.Info{{GitVersion:\"{GitVersion}\", GitCommit:\"{GitCommit}\", GitTreeState:\"{GitTreeState}\", BuildDate:\"{BuildDate}\", GoVersion:\"{GoVersion}\", Compiler:\"{Compiler}\", Platform:\"{Platform}\"}}";
}
