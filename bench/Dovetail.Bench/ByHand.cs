using System.Globalization;

namespace Dovetail.Bench;

/// <summary>The other side of the comparison: the very domain of a running guest, started by <c>by-hand.sh</c> with a private libvirtd and no platform.</summary>
internal sealed class ByHand(BenchPlatform platform, string folder)
{
    /// <summary>Milliseconds until libvirt has created the domain, and until the guest's first byte on the serial console.</summary>
    public readonly record struct Times(double Created, double FirstSerialByte);

    /// <summary>Takes domain, base image, capability cache and cloud-init from a running guest.</summary>
    public static async Task<ByHand> TakeFromAsync(BenchPlatform platform, Guest guest, CancellationToken ct)
    {
        var folder = Path.Combine(platform.ResultsFolder, "by-hand");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        var inside = $"/proc/{guest.Processes().First(pid => ProcessFigures.Name(pid) == "virt-launcher")}/root";
        var uri = $"qemu+unix:///session?socket={inside}/var/run/libvirt/libvirt-sock";
        var name = (await platform.CommandAsync("virsh", ["-q", "-c", uri, "list", "--name"], ct)).Trim();
        var domain = await platform.CommandAsync("virsh", ["-q", "-c", uri, "dumpxml", "--inactive", name], ct);
        // The agent's channel lies in a folder of libvirtd's own; without a path the other libvirtd chooses its own.
        await File.WriteAllLinesAsync(Path.Combine(folder, "domain.xml"), domain.Split('\n').Where(line => !line.Contains("/channel/target/", StringComparison.Ordinal)), ct);
        var disk = $"{folder}-base.img";
        await platform.CommandAsync("cp", [$"{inside}/var/run/kubevirt/container-disks/disk_0.img", disk], ct);
        File.CreateSymbolicLink(Path.Combine(folder, "base.img"), disk);
        await platform.CommandAsync("cp", ["-r", $"{inside}/var/cache/kubevirt/libvirt/qemu/cache/capabilities", Path.Combine(folder, "cache")], ct);
        await platform.CommandAsync("cp", ["-r", platform.NodePaths.Volume(guest.PodUid, "ephemeral-disks"), Path.Combine(folder, "ephemeral")], ct);
        return new ByHand(platform, folder);
    }

    /// <summary>Starts <paramref name="count"/> at once, each in namespaces of its own; they stay for <paramref name="hold"/> so that the last one starts beside all the others.</summary>
    public async Task<IReadOnlyList<Times>> StartAsync(int count, TimeSpan hold, CancellationToken ct)
    {
        var overlays = Directory.GetFiles(Path.Combine(folder, "ephemeral"), "disk.qcow2", SearchOption.AllDirectories);
        foreach (var overlay in overlays)
            await platform.CommandAsync("qemu-img", ["create", "-q", "-f", "qcow2", "-u", "-b", "/var/run/kubevirt/container-disks/disk_0.img", "-F", "qcow2", overlay, "1G"], ct);
        var one = async (int index) =>
        {
            var own = $"{folder}-{index}";
            await platform.CommandAsync("cp", ["-r", folder, own], ct);
            try
            {
                var output = await platform.CommandAsync("env", [$"HOLD={hold.TotalSeconds.ToString(CultureInfo.InvariantCulture)}", Path.Combine(platform.Root, "bench", "by-hand.sh"), own], ct);
                var fields = output.Trim().Split(' ');
                return new Times(double.Parse(fields[0], CultureInfo.InvariantCulture), double.Parse(fields[1], CultureInfo.InvariantCulture));
            }
            finally
            {
                Directory.Delete(own, recursive: true);
            }
        };
        return await Task.WhenAll(Enumerable.Range(0, count).Select(one));
    }
}
