using System.ComponentModel;
using System.Runtime.InteropServices;
using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Commands;

/// <summary><c>dovetail virtctl …</c>: our virtctl takes this process's place, with the platform's kubeconfig unless the user names one.</summary>
internal static partial class VirtctlCommand
{
    public static void Replace(string? dataDir, IReadOnlyList<string> arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "virtctl");
        if (!File.Exists(program)) throw new UserErrorException($"{program} is missing", "Build it with ./dovetail build.");
        if (Environment.GetEnvironmentVariable("KUBECONFIG") is null && DataDirectory.Find(dataDir) is { } data) Checked(SetEnv("KUBECONFIG", data.Kubeconfig, 1), "setenv");
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
