using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Images;

/// <summary>Builds the recipes under <c>images/</c> and keeps what they make, keyed by the recipe's content.</summary>
internal sealed class ImageStore(string recipes, string kept)
{
    public IReadOnlyList<string> Names =>
        Directory.Exists(recipes)
            ? [.. Directory.EnumerateDirectories(recipes).Where(d => File.Exists(Path.Combine(d, "build"))).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>The image, when the present recipe has been built.</summary>
    public OciImage? Find(string name)
    {
        var image = new OciImage(Path.Combine(kept, name, Key(name)));
        return image.IsComplete ? image : null;
    }

    /// <summary>Builds unless it was built before. The recipe's output goes to <paramref name="say"/>.</summary>
    /// <exception cref="UserErrorException">The recipe failed.</exception>
    public async Task<OciImage> BuildAsync(string name, Action<string> say, CancellationToken ct)
    {
        if (Find(name) is { } present) return present;
        var scratch = Path.Combine(kept, name, $"build-{Environment.ProcessId}");
        try
        {
            var (work, made) = (Path.Combine(scratch, "work"), Path.Combine(scratch, "out"));
            Directory.CreateDirectory(work);
            Directory.CreateDirectory(made);
            await RunRecipeAsync(name, work, made, say, ct);
            var packed = Path.Combine(scratch, "image");
            var disk = Path.Combine(made, "disk.qcow2");
            if (File.Exists(disk)) await OciImage.PackDiskAsync(disk, packed, ct);
            else await OciImage.PackRootAsync(Path.Combine(made, "rootfs"), ReadConfig(Path.Combine(made, "config.json")), packed, ct);
            var final = Path.Combine(kept, name, Key(name));
            if (Directory.Exists(final)) Directory.Delete(final, recursive: true);
            Directory.Move(packed, final);
            return new OciImage(final);
        }
        finally
        {
            if (Directory.Exists(scratch)) Directory.Delete(scratch, recursive: true);
        }
    }

    private async Task RunRecipeAsync(string name, string work, string made, Action<string> say, CancellationToken ct)
    {
        var start = new ProcessStartInfo(Path.Combine(recipes, name, "build"), [work, made]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new IOException($"could not run the recipe of {name}");
        var last = new Queue<string>();
        async Task ReadAsync(StreamReader from)
        {
            while (await from.ReadLineAsync(ct) is { } line)
            {
                lock (last)
                {
                    last.Enqueue(line);
                    if (last.Count > 20) last.Dequeue();
                }

                say(line);
            }
        }

        try
        {
            await Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError), process.WaitForExitAsync(ct));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0) throw new UserErrorException($"the recipe of {name} failed:\n  {string.Join("\n  ", last)}", "Mend what it names and run it again; nothing was kept.");
    }

    private static JsonObject ReadConfig(string path) => File.Exists(path) ? JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? [] : [];

    private string Key(string name)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(recipes, name)).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file) + "\0"));
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
