using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Tests.Platform;

public sealed class SettingsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-settings-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Without_a_file_and_flags_the_defaults_hold()
    {
        var settings = Settings.From(null, null, null, noNode: false);
        (settings.Listen, settings.Node, settings.RegistryPort, settings.HistoryRetentionHours, settings.ApiUrl).ShouldBe(("127.0.0.1:6443", true, 5000, 24, "https://127.0.0.1:6443"));
    }

    [Fact]
    public void The_file_of_the_reference_page_is_read_whole()
    {
        var page = File.ReadAllText(Path.Combine(Architecture.Repository.Root, "docs/configuration.md"));
        var file = Read(page.Split("```yaml\n")[1].Split("```")[0]);
        (file.Listen, file.TokenFile, file.Node!.Name, file.Node.PodCIDR, file.Registry!.Port, file.History!.RetentionHours)
            .ShouldBe(("127.0.0.1:6443", "/etc/dovetail/tokens.csv", "node-1", "10.244.7.0/24", 5000, 24));
    }

    [Fact]
    public void Flags_win_over_the_file()
    {
        var file = Read("apiVersion: config.dovetail.dev/v1\nkind: DovetailConfiguration\nlisten: 127.0.0.1:7000\nregistry: {port: 5001}\n");
        var settings = Settings.From(file, "127.0.0.1:8000", null, noNode: true);
        (settings.Listen, settings.RegistryPort, settings.Node).ShouldBe(("127.0.0.1:8000", 5001, false));
    }

    [Theory]
    [InlineData("0.0.0.0:6443", "https://127.0.0.1:6443")]
    [InlineData("[::]:6443", "https://127.0.0.1:6443")]
    [InlineData("[::1]:6443", "https://[::1]:6443")]
    [InlineData("192.0.2.7:443", "https://192.0.2.7:443")]
    public void Clients_on_this_machine_are_given_an_address_that_they_can_reach(string listen, string url) =>
        Settings.From(null, listen, null, noNode: true).ApiUrl.ShouldBe(url);

    [Fact]
    public void Every_fault_is_named_at_once()
    {
        var file = Read("""
            apiVersion: config.dovetail.dev/v1
            kind: DovetailConfiguration
            listen: everywhere
            tokenFile: /nowhere/tokens.csv
            node: {podCIDR: 10.0.0.0/99, handlerPort: 70000}
            registry: {port: 0}
            history: {retentionHours: 0}
            """);
        var message = Should.Throw<UserErrorException>(() => Settings.From(file, null, null, noNode: false)).Message;
        foreach (var field in new[] { "listen", "tokenFile", "node.podCIDR", "node.handlerPort", "registry.port", "history.retentionHours" }) message.ShouldContain($"{field}: ");
    }

    [Theory]
    [InlineData("apiVersion: config.dovetail.dev/v1\nkind: DovetailConfiguration\nlissen: 127.0.0.1:1\n", "lissen")]
    [InlineData("apiVersion: config.dovetail.dev/v1\nkind: DovetailConfiguration\nregistry: {port: many}\n", "port")]
    [InlineData("apiVersion: config.dovetail.dev/v2\nkind: DovetailConfiguration\n", "apiVersion must be config.dovetail.dev/v1")]
    [InlineData("apiVersion: config.dovetail.dev/v1\nkind: Something\n", "kind DovetailConfiguration")]
    [InlineData("listen: [", "cannot be used")]
    public void A_file_that_says_what_nobody_understands_is_refused_by_name(string text, string named) =>
        Should.Throw<UserErrorException>(() => Read(text)).Message.ShouldContain(named);

    [Fact]
    public void Settings_are_kept_in_the_data_folder()
    {
        var data = DataDirectory.Ensure(folder);
        var settings = Settings.From(null, "127.0.0.1:7443", null, noNode: true);
        settings.Write(data);
        Settings.Read(data).ShouldBe(settings);
        File.GetUnixFileMode(data.Settings).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_data_folder_keeps_its_instance_id_and_a_newer_layout_is_refused()
    {
        var data = DataDirectory.Ensure(folder);
        data.InstanceId.Length.ShouldBe(6);
        DataDirectory.Ensure(folder).InstanceId.ShouldBe(data.InstanceId);
        File.WriteAllText(Path.Combine(folder, "instance.json"), $$"""{"id":"{{data.InstanceId}}","format":99}""");
        Should.Throw<UserErrorException>(() => DataDirectory.Find(folder)).Message.ShouldContain("newer version (format 99");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"id":"x","format":1}""")]
    public void A_broken_instance_record_is_refused_by_its_path(string text)
    {
        DataDirectory.Ensure(folder);
        File.WriteAllText(Path.Combine(folder, "instance.json"), text);
        Should.Throw<UserErrorException>(() => DataDirectory.Find(folder)).Message.ShouldContain("instance.json");
    }

    private DovetailConfiguration Read(string text)
    {
        var path = Path.Combine(folder, "config.yaml");
        File.WriteAllText(path, text);
        return Settings.ReadConfiguration(path);
    }
}
