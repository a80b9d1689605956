using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Prepare;

/// <summary>
/// Carries out <see cref="PrepareStep"/>s. Each makes its file beside and renames it, so a step that was cut off is simply done again and a finished one is kept. A launcher that was
/// killed may have left its file half-made and its <c>qemu-img</c> running: the next one makes a file of its own name.
/// </summary>
internal static class Preparer
{
    private static readonly string Unfinished = $".{Environment.ProcessId}.new";
    private const int NoSpaceLeft = 28;
    private const long NearlyFull = 1024 * 1024;

    /// <exception cref="PrepareException">With a reason for the user; nothing of the failed step is left.</exception>
    public static async Task RunAsync(IEnumerable<PrepareStep> steps, CancellationToken ct)
    {
        foreach (var step in steps)
        {
            var path = PathOf(step);
            if (File.Exists(path)) continue;
            var folder = Path.GetDirectoryName(path)!;
            var unfinished = path + Unfinished;
            try
            {
                Directory.CreateDirectory(folder);
                foreach (var left in Directory.EnumerateFileSystemEntries(folder, Path.GetFileName(path) + ".*.new*")) Remove(left);
                await MakeAsync(step, unfinished, ct).ConfigureAwait(false);
                File.Move(unfinished, path);
            }
            catch (IOException e) when (e.HResult == NoSpaceLeft || IsNearlyFull(folder))
            {
                throw new PrepareException("NoSpace", $"no space left on the node's disk for {path}: free some, or use a smaller disk");
            }
            catch (IOException e)
            {
                throw new PrepareException("DiskPreparationFailed", $"making {path}: {e.Message}");
            }
            finally
            {
                File.Delete(unfinished);
            }
        }
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        else File.Delete(path);
    }

    private static string PathOf(PrepareStep step) => step switch
    {
        PrepareStep.Overlay s => s.Path,
        PrepareStep.EmptyImage s => s.Path,
        PrepareStep.Iso s => s.Path,
        PrepareStep.Copy s => s.Path,
        _ => throw new InvalidOperationException(step.GetType().Name),
    };

    private static async Task MakeAsync(PrepareStep step, string target, CancellationToken ct)
    {
        switch (step)
        {
            case PrepareStep.Overlay overlay:
                var format = await CheckAsync(overlay.Base, ct).ConfigureAwait(false);
                await QemuImgAsync(["create", "-q", "-f", "qcow2", "-F", format, "-b", overlay.Base, target], target, ct).ConfigureAwait(false);
                break;
            case PrepareStep.EmptyImage empty:
                await QemuImgAsync(["create", "-q", "-f", "qcow2", target, empty.Bytes.ToString(System.Globalization.CultureInfo.InvariantCulture)], target, ct).ConfigureAwait(false);
                break;
            case PrepareStep.Iso iso:
                await IsoAsync(iso, target, ct).ConfigureAwait(false);
                break;
            case PrepareStep.Copy copy:
                File.Copy(copy.From, target);
                File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                break;
        }
    }

    /// <summary>The format of a base image that has been found whole.</summary>
    private static async Task<string> CheckAsync(string path, CancellationToken ct)
    {
        if (!File.Exists(path)) throw new PrepareException("ImageMissing", $"the base image {path} is not there: the container disk holds no disk, or it has not been pulled");
        var head = new byte[512];
        long length;
        using (var file = File.OpenHandle(path))
        {
            length = RandomAccess.GetLength(file);
            _ = RandomAccess.Read(file, head, 0);
        }

        var format = BaseImage.Format(head, length);
        if (format != "qcow2") return format;

        // qemu-img check: 0 whole, 3 leaked clusters (harmless), 63 not checkable; everything else is damage.
        var (code, output) = await Tool.RunAsync("qemu-img", ["check", "-q", "-f", "qcow2", path], ct).ConfigureAwait(false);
        return code is 0 or 3 or 63 ? format : throw new PrepareException("ImageCorrupt", $"the qcow2 image is damaged, push it again: {output.Split('\n')[0]}");
    }

    private static async Task QemuImgAsync(string[] arguments, string target, CancellationToken ct)
    {
        var (code, output) = await Tool.RunAsync("qemu-img", arguments, ct).ConfigureAwait(false);
        if (code == 0) return;
        var folder = Path.GetDirectoryName(target)!;
        throw IsNearlyFull(folder)
            ? new PrepareException("NoSpace", $"no space left on the node's disk for {target}: free some, or use a smaller disk")
            : new PrepareException("DiskPreparationFailed", $"qemu-img {string.Join(' ', arguments)}: {output}");
    }

    /// <summary>Rock Ridge and Joliet names of any length and case, as cloud-init looks for lower-case ones.</summary>
    private static async Task IsoAsync(PrepareStep.Iso iso, string target, CancellationToken ct)
    {
        var tree = target + ".d";
        try
        {
            foreach (var file in iso.Files)
            {
                var path = Path.Combine(tree, file.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await File.WriteAllBytesAsync(path, file.Content, ct).ConfigureAwait(false);
            }

            Directory.CreateDirectory(tree);
            var (code, output) = await Tool.RunAsync("xorrisofs", ["-quiet", "-R", "-J", "-joliet-long", "-V", iso.Label, "-o", target, tree], ct).ConfigureAwait(false);
            if (code != 0) throw new PrepareException(IsNearlyFull(Path.GetDirectoryName(target)!) ? "NoSpace" : "DiskPreparationFailed", $"xorrisofs for {target}: {output}");
        }
        finally
        {
            if (Directory.Exists(tree)) Remove(tree);
        }
    }

    private static bool IsNearlyFull(string folder) => new DriveInfo(folder).AvailableFreeSpace < NearlyFull;
}
