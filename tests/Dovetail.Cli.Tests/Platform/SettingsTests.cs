using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Tests.Platform;

public sealed class SettingsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-settings-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Without_a_file_and_flags_the_defaults_hold()
    {
        var settings = new Settings().With(null, null, null);
        (settings.Listen, settings.Node, settings.RegistryPort, settings.HistoryRetentionHours, settings.ApiUrl).ShouldBe(("127.0.0.1:6443", true, 5000, 24, "https://127.0.0.1:6443"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("node: {}\nregistry: {}\nhistory: {}\n")]
    [InlineData("node: {name: host-7}\n")]
    public void What_a_file_leaves_away_has_its_default_and_not_the_zero_of_its_type(string rest)
    {
        var settings = Settings.From(Read("apiVersion: config.dovetail.dev/v1\nkind: DovetailConfiguration\n" + rest));
        (settings with { NodeName = null }).ShouldBe(new Settings());
    }

    [Fact]
    public void Kept_settings_that_lack_a_field_have_its_default()
    {
        var data = DataDirectory.Ensure(folder);
        File.WriteAllText(data.Settings, """{"listen":"127.0.0.1:7443"}""");
        Settings.Read(data).ShouldBe(new Settings { Listen = "127.0.0.1:7443" });
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
        var settings = Settings.From(file).With("127.0.0.1:8000", null, noNode: true);
        (settings.Listen, settings.RegistryPort, settings.Node).ShouldBe(("127.0.0.1:8000", 5001, false));
    }

    [Fact]
    public void A_flag_changes_what_it_names_and_leaves_the_rest_of_what_was_kept()
    {
        var kept = new Settings { RegistryPort = 5001, Node = false, PodCIDR = "10.9.0.0/24" };
        kept.With("127.0.0.1:8000", null, null).ShouldBe(kept with { Listen = "127.0.0.1:8000" });
        kept.With(null, null, noNode: false).Node.ShouldBeTrue();
    }

    [Fact]
    public void Differences_are_told_by_the_names_of_the_fields()
    {
        var running = new Settings();
        running.DifferencesFrom(running with { }).ShouldBeEmpty();
        (running with { Listen = "127.0.0.1:8000", Node = false }).DifferencesFrom(running)
            .ShouldBe(["listen is 127.0.0.1:6443, not 127.0.0.1:8000", "node.enabled is true, not false"]);
    }

    [Fact]
    public void What_was_kept_can_be_looked_at_after_its_token_file_has_gone_but_not_started()
    {
        var (data, tokens) = (DataDirectory.Ensure(folder), Path.Combine(folder, "tokens.csv"));
        File.WriteAllText(tokens, "");
        new Settings().With(null, tokens, null).Write(data);
        File.Delete(tokens);
        var kept = Settings.Read(data);
        Should.Throw<UserErrorException>(() => kept.Validated()).Message.ShouldContain(tokens);
    }

    [Theory]
    [InlineData("0.0.0.0:6443", "https://127.0.0.1:6443")]
    [InlineData("[::]:6443", "https://127.0.0.1:6443")]
    [InlineData("[::1]:6443", "https://[::1]:6443")]
    [InlineData("192.0.2.7:443", "https://192.0.2.7:443")]
    public void Clients_on_this_machine_are_given_an_address_that_they_can_reach(string listen, string url) =>
        new Settings().With(listen, null, noNode: true).ApiUrl.ShouldBe(url);

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
            certificates: {lifetimeMinutes: 0}
            api: {serviceClusterIPRange: 10.0.0.0/8, authorizationModes: [Node, Rbac], disabledAdmissionPlugins: [ServiceAcount], clientCAFile: /nowhere/ca.pem}
            """);
        var message = Should.Throw<UserErrorException>(() => Settings.From(file).With(null, null, null)).Message;
        foreach (var field in new[] { "listen", "tokenFile", "node.podCIDR", "node.handlerPort", "registry.port", "history.retentionHours", "certificates.lifetimeMinutes", "api.serviceClusterIPRange", "api.authorizationModes", "api.disabledAdmissionPlugins", "api.clientCAFile" }) message.ShouldContain($"{field}: ");
    }

    [Theory]
    [InlineData("apiVersion: config.dovetail.dev/v1\nkind: DovetailConfiguration\nlissen: 127.0.0.1:1\n", "lissen is no field")]
    [InlineData("apiVersion: config.dovetail.dev/v1\nkind: DovetailConfiguration\nregistry: {port: many}\n", "registry.port is no field of it, or its value is of another type")]
    [InlineData("apiVersion: config.dovetail.dev/v2\nkind: DovetailConfiguration\n", "apiVersion must be config.dovetail.dev/v1")]
    [InlineData("apiVersion: config.dovetail.dev/v1\nkind: Something\n", "kind DovetailConfiguration")]
    [InlineData("listen: [", "cannot be used")]
    public void A_file_that_says_what_nobody_understands_is_refused_by_name(string text, string named) =>
        Should.Throw<UserErrorException>(() => Read(text)).Message.ShouldContain(named);

    [Theory]
    [InlineData("10.0.0.0/24", null, null, null)]
    [InlineData("10.0.0.0/30", null, null, "api.serviceClusterIPRange: 10.0.0.0/30 is too small")]
    [InlineData("fd00::/112", null, null, "is not an IPv4 network")]
    [InlineData(null, "RBAC,AlwaysAllow", null, null)]
    [InlineData(null, "RBAC,Webhook", null, "authorization mode \"Webhook\" does not exist here")]
    [InlineData(null, "", null, "at least one authorization mode must be passed")]
    [InlineData(null, "RBAC,RBAC", null, "name one twice")]
    [InlineData(null, null, "ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,StorageObjectInUseProtection,NodeRestriction", null)]
    [InlineData(null, null, "DefaultStorage", "admission plugin \"DefaultStorage\" is unknown")]
    [InlineData(null, null, "NamespaceLifecycle", "\"NamespaceLifecycle\" cannot be switched off")]
    public void Flags_of_kube_apiserver_are_taken_or_refused_by_name(string? range, string? modes, string? plugins, string? refusal)
    {
        var flags = new ApiFlags(range, modes, plugins);
        if (refusal is not null)
        {
            Should.Throw<UserErrorException>(() => new Settings().With(null, null, null, flags)).Message.ShouldContain(refusal);
            return;
        }

        var settings = new Settings().With(null, null, null, flags);
        (settings.ServiceClusterIPRange, settings.AuthorizationModes, settings.DisabledAdmissionPlugins).ShouldBe((range ?? "10.96.0.0/12", modes ?? "Node,RBAC", plugins ?? ""));
        settings.With(null, null, null).ShouldBe(settings);
    }

    [Fact]
    public void Settings_are_kept_in_the_data_folder()
    {
        var data = DataDirectory.Ensure(folder);
        var settings = new Settings().With("127.0.0.1:7443", null, noNode: true);
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
        // To see what runs and to stop it, the folder is opened all the same.
        var newer = DataDirectory.FindOfAnyFormat(folder)!;
        (newer.InstanceId, newer.Newer).ShouldBe((data.InstanceId, newer.Newer.ShouldNotBeNull()));
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
