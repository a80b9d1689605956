using System.Diagnostics;
using Dovetail.Cli.Platform;
using Dovetail.Node.Host;

namespace Dovetail.Cli.Supervision;

/// <summary>Starts the program again as another part, in a session of its own, with its output in the part's log. Who starts it records it.</summary>
internal static class Detached
{
    private const long LogLimit = 16L << 20;

    // Sandboxes have to get at what the parts make, whatever the user's umask; what is secret has a mode of its own.
    // The shell is replaced by setsid and that by the program, so the id of what is started is the part's own.
    private const string Script = "umask 022; exec setsid \"$0\" \"$@\" >> \"$DOVETAIL_LOG\" 2>&1 < /dev/null";

    public static ProcessId Start(DataDirectory data, string part, params string[] arguments)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("this process has no path");
        var log = data.Log(part);
        if (File.Exists(log) && new FileInfo(log).Length > LogLimit) File.Move(log, log + ".1", overwrite: true);
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, program, .. arguments]) { WorkingDirectory = "/" };
        start.Environment["DOVETAIL_LOG"] = log;
        using var process = Process.Start(start) ?? throw new IOException($"could not start {program}");
        return ProcessId.Of(process.Id) ?? new ProcessId(process.Id, 0, Boot.Id);
    }
}
