namespace Dovetail.Launcher;

/// <summary>
/// Keeps the files that others append to from growing without end: a file above its bound is cut to its tail. The writers (QEMU, libvirtd, init's redirections) opened it with
/// O_APPEND, so they go on at its new end; what they write between reading the tail and cutting is lost.
/// </summary>
internal static class LogBounds
{
    public const long SerialBytes = 2 * 1024 * 1024;
    public const int SerialTailBytes = 256 * 1024;

    private const long LogBytes = 1024 * 1024;
    private const int LogTailBytes = 64 * 1024;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);

    /// <param name="serialLog">The serial console's log; null while it is not known.</param>
    /// <param name="logFolders">Every file in them is kept bounded, too.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task RunAsync(Func<string?> serialLog, string[] logFolders, TimeProvider time, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Pace, time);
        while (await timer.WaitForNextTickAsync(ct).ConfigureAwait(false))
        {
            if (serialLog() is { } serial) Cut(serial, SerialBytes, SerialTailBytes);
            foreach (var log in logFolders.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles)) Cut(log, LogBytes, LogTailBytes);
        }
    }

    internal static void Cut(string path, long bound, int tailBytes)
    {
        try
        {
            if (new FileInfo(path) is not { Exists: true } info || info.Length <= bound) return;
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var tail = new byte[tailBytes];
            var read = RandomAccess.Read(file, tail, RandomAccess.GetLength(file) - tailBytes);
            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, tail.AsSpan(0, read), 0);
        }
        catch (IOException e)
        {
            Console.Error.WriteLine($"keeping {path} short: {e.Message}");
        }
    }
}
