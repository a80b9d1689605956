namespace Dovetail.Cli.Platform;

/// <summary>Lets one command at a time start or stop a platform. The lock is the kernel's: it ends with its process.</summary>
internal static class DoorLock
{
    private const int WouldBlock = 11;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits for whoever has it; dispose of the result to give it back.</summary>
    public static Task<FileStream> TakeAsync(DataDirectory data, TimeProvider time, Progress progress, CancellationToken ct) =>
        progress.RunAsync("waiting for another dovetail up or down", async () =>
        {
            while (true)
            {
                try
                {
                    return new FileStream(data.DoorLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                }
                catch (IOException e) when (e.HResult == WouldBlock)
                {
                    await Task.Delay(Beat, time, ct);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new UserErrorException($"the data folder {data.Root} cannot be written: {e.Message}", "Make it writable for this user, or choose another one with --data-dir.");
                }
            }
        });
}
