using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Tests.Oracle;

/// <summary>A program over upstream's own libraries that answers one JSON line with one JSON line. <c>DOVETAIL_PATCH_ORACLE</c> is its command line; docs/development.md says what it is asked.</summary>
internal sealed class OracleProcess : IDisposable
{
    public const string Variable = "DOVETAIL_PATCH_ORACLE";

    private readonly Process process;

    private OracleProcess(string command)
    {
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    public static OracleProcess? Start() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } command ? new(command) : null;

    public JsonObject Ask(JsonObject request)
    {
        process.StandardInput.WriteLine(request.ToJsonString());
        process.StandardInput.Flush();
        return (JsonObject)JsonNode.Parse(process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the oracle has ended"))!;
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
