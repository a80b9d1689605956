using System.Globalization;

namespace Dovetail.Virt.VirtHandler.Launchers;

/// <summary>Reads <c>/proc/&lt;pid&gt;/stat</c> (proc(5)).</summary>
internal static class ProcessFiles
{
    /// <summary>The parent of a process; a launcher's parent is its sandbox's init.</summary>
    /// <exception cref="IOException">The process is gone.</exception>
    public static ProcessIdentity ParentOf(int pid)
    {
        var parent = int.Parse(FieldsAfterName(pid)[1], CultureInfo.InvariantCulture);
        return new(parent, StartTime(parent));
    }

    public static bool Lives(ProcessIdentity process)
    {
        try
        {
            return StartTime(process.Pid) == process.StartTime && FieldsAfterName(process.Pid)[0] is not ("Z" or "X");
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static ulong StartTime(int pid) => ulong.Parse(FieldsAfterName(pid)[19], CultureInfo.InvariantCulture);

    /// <summary>The fields from the third (state) on; the second, the name, may hold anything, so they start after its last parenthesis.</summary>
    private static string[] FieldsAfterName(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }
}
