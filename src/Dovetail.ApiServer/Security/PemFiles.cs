using System.Text;

namespace Dovetail.ApiServer.Security;

/// <summary>Writes key material: whole files only, moved into place, keys readable by their owner alone from the first byte.</summary>
internal static class PemFiles
{
    public static void WriteSecret(string path, string content) => Write(path, content, UnixFileMode.UserRead | UnixFileMode.UserWrite);

    public static void WritePublic(string path, string content) =>
        Write(path, content, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    private static void Write(string path, string content, UnixFileMode mode)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        using (var file = new FileStream(temporary, options))
        {
            file.Write(Encoding.ASCII.GetBytes(content));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
