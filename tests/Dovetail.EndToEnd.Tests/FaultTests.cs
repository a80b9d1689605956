using Dovetail.EndToEnd.Tests.Platform;

namespace Dovetail.EndToEnd.Tests;

/// <summary>Many faults at once beside one sound guest: each is told where its user looks, none touches another, what is mended recovers by itself, and nothing is left.</summary>
public sealed class FaultTests(PlatformFixture fixture)
{
    [Fact]
    public async Task Faults_of_images_and_resources_are_told_recover_when_mended_and_leave_nothing()
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        await using var registry = new HostileRegistry(platform);
        var before = await CensusAsync(platform, ct);
        var sound = new Guest(platform, "sound");
        await sound.ApplyAsync("Always", ct);
        await sound.WaitRunningAsync(ct);
        var qemu = sound.Qemu;

        var (page, corrupt, silent, greedy, secret) = (new Guest(platform, "page"), new Guest(platform, "corrupt"), new Guest(platform, "silent"), new Guest(platform, "greedy"), new Guest(platform, "secretless"));
        string Broken(Guest guest, Mischief mood) => guest.Manifest("Always").Replace(platform.Image("tiny"), registry.Image(guest.Name, mood), StringComparison.Ordinal);
        await platform.ApplyAsync(Broken(page, Mischief.WebPage), ct);
        await platform.ApplyAsync(Broken(corrupt, Mischief.NoDiskImage), ct);
        await platform.ApplyAsync(Broken(silent, Mischief.Silence), ct);
        await platform.ApplyAsync(greedy.Manifest("Always").Replace("128Mi", "9Ti", StringComparison.Ordinal), ct);
        await platform.ApplyAsync(secret.Manifest("Always").Replace($"userData: |\n              #cloud-config\n              hostname: {secret.Name}", "secretRef: {name: late}", StringComparison.Ordinal), ct);

        // A pod that claims a node and more than there can be must not keep the scheduler from others.
        await platform.ApplyAsync($"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: endless
              namespace: {Guest.Namespace}
            spec:
              nodeName: elsewhere
              containers:
                - name: c
                  image: i
                  resources:
                    requests:
                      cpu: 1e30
            """, ct);

        await ToldAsync(page, "Synchronized", "is not JSON of an image manifest", ct);
        await ToldAsync(corrupt, "Synchronized", "push the image again", ct);
        await ToldAsync(silent, "Synchronized", $"{registry.Host}/silent", ct); // that it is being pulled, or half a minute later that the registry broke off
        await ToldAsync(greedy, "PodScheduled", "Insufficient memory", ct);
        await ToldAsync(secret, "Synchronized", "late with cloud-init data does not exist: create it", ct);
        await greedy.WaitStatusAsync("ErrorUnschedulable", ct);

        registry.Image(page.Name, Mischief.None);
        registry.Image(corrupt.Name, Mischief.None);
        (await platform.KubectlAsync($"create secret generic late -n {Guest.Namespace} --from-literal=userdata=#cloud-config", ct)).Text.ShouldContain("created");
        foreach (var mended in new[] { page, corrupt, secret }) await mended.WaitRunningAsync(ct);

        (await platform.KubectlAsync($"delete pod/endless secret/late -n {Guest.Namespace} --wait=false --ignore-not-found", ct)).Text.ShouldContain("secret");
        foreach (var guest in new[] { silent, greedy, page, corrupt, secret }) await guest.DeleteAsync(ct);
        sound.Qemu.ShouldBe(qemu);
        await sound.DeleteAsync(ct);
        await Eventually.BeTrueAsync("all is as it was before", async () => (await CensusAsync(platform, ct)).SequenceEqual(before), ct);
    }

    /// <summary>On the machine, which is where users look.</summary>
    private static Task ToldAsync(Guest guest, string condition, string words, CancellationToken ct) =>
        Eventually.BeTrueAsync($"{guest.Name} says \"{words}\"", async () =>
            (await guest.VmAsync(ct))?["status"]?["conditions"]?.AsArray().Any(c => c!["type"]!.GetValue<string>() == condition && c["message"]?.GetValue<string>().Contains(words, StringComparison.Ordinal) == true) == true, ct);

    private static async Task<IReadOnlyList<string>> CensusAsync(TestPlatform platform, CancellationToken ct) =>
    [
        .. (await HostCensus.TakeAsync(platform.Instance, platform.DataDir, ct)).Select(line => line.Split(" <")[0]).Order(StringComparer.Ordinal), // a link's flags follow its guests
        .. Directory.EnumerateFileSystemEntries(Path.Combine(platform.DataDir, "node", "pods")),
        .. Directory.EnumerateFileSystemEntries(Path.Combine(platform.DataDir, "node", "images", "partial")),
    ];
}
