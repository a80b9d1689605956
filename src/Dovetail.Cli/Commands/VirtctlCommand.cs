using System.ComponentModel;
using System.Runtime.InteropServices;
using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Commands;

/// <summary><c>dovetail virtctl …</c>: our virtctl takes this process's place, with the platform's kubeconfig unless the user names one.</summary>
internal static partial class VirtctlCommand
{
    /// <summary>The folder and virtctl's own words, when the command line calls it. All that follows is virtctl's, also what looks like an option of ours.</summary>
    public static (string? DataDir, string[] Words)? Read(string[] line) => line switch
    {
        ["virtctl", "--data-dir", var folder, .. var rest] => (folder, rest),
        ["--data-dir", var folder, "virtctl", .. var rest] => (folder, rest),
        ["virtctl", var first, .. var rest] when Joined(first) is { } folder => (folder, rest),
        [var first, "virtctl", .. var rest] when Joined(first) is { } folder => (folder, rest),
        ["virtctl", .. var rest] => (null, rest),
        _ => null,
    };

    private static string? Joined(string word) => word.StartsWith("--data-dir=", StringComparison.Ordinal) ? word["--data-dir=".Length..] : null;

    /// <summary>Does not return. A folder that the user names wins over the environment's kubeconfig; without a folder it is the other way round.</summary>
    public static void Replace(string? dataDir, IReadOnlyList<string> arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "virtctl");
        if (!File.Exists(program)) throw new UserErrorException($"{program} is missing", "Build it with ./dovetail build.");
        var data = DataDirectory.Find(dataDir);
        if (dataDir is not null && (data is null || !File.Exists(data.Kubeconfig))) throw new UserErrorException($"there is no platform in {DataDirectory.Resolve(dataDir)}", "Start it with dovetail up.");
        if (data is not null && (dataDir is not null || string.IsNullOrEmpty(Environment.GetEnvironmentVariable("KUBECONFIG")))) Checked(SetEnv("KUBECONFIG", data.Kubeconfig, 1), "setenv");
        Checked(Exec(program, [program, .. arguments, null]), $"exec {program}");
    }

    private static void Checked(int result, string what)
    {
        if (result < 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), what);
    }

    [LibraryImport("libc", EntryPoint = "setenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Exec(string path, string?[] arguments);
}
