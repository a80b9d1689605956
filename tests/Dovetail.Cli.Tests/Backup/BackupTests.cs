using Dovetail.Cli.Backup;
using Dovetail.Cli.Platform;
using Dovetail.Store;
using Dovetail.Store.Sqlite;

namespace Dovetail.Cli.Tests.Backup;

public sealed class BackupTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-tests-").FullName;
    private readonly StringWriter said = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Archive => Path.Combine(folder, "backup");

    private string Platform => Path.Combine(folder, "platform");

    private string Elsewhere => Path.Combine(folder, "elsewhere");

    private BackupCommand Command => new(TimeProvider.System, said);

    public void Dispose()
    {
        said.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_backup_of_a_running_store_brings_objects_keys_and_settings_back()
    {
        await using (await RunningAsync()) await Command.BackupAsync(Platform, Archive, Ct);
        await Command.RestoreAsync(Elsewhere, Archive, replace: false, Ct);
        (await File.ReadAllTextAsync(Path.Combine(Elsewhere, "pki", "ca.key"), Ct)).ShouldBe("key");
        Settings.Read(DataDirectory.Ensure(Elsewhere)).Listen.ShouldBe("127.0.0.1:7777");
        await using var store = SqliteRevisionStore.Open(new() { Path = DataDirectory.Ensure(Elsewhere).Database }, TimeProvider.System);
        store.Current.Revision.ShouldBe(3);
        (await store.FindAtAsync(new("pods", "a", "p0"), 1, Ct)).ShouldNotBeNull();
        File.GetUnixFileMode(Archive).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Theory]
    [InlineData("cut", "cut short")]
    [InlineData("changed", "damaged")]
    [InlineData("text", "cannot be restored")]
    [InlineData("newer", "backup format 99")]
    public async Task What_is_no_whole_backup_is_refused_and_leaves_nothing(string fault, string why)
    {
        await using (await RunningAsync()) await Command.BackupAsync(Platform, Archive, Ct);
        var bytes = await File.ReadAllBytesAsync(Archive, Ct);
        switch (fault)
        {
            case "cut":
                await File.WriteAllBytesAsync(Archive, bytes[..(bytes.Length * 3 / 4)], Ct);
                break;
            case "changed":
                bytes[bytes.Length / 2] ^= 0x40;
                await File.WriteAllBytesAsync(Archive, bytes, Ct);
                break;
            case "text":
                await File.WriteAllTextAsync(Archive, "no backup", Ct);
                break;
            default:
                await BackupArchive.WriteAsync(Archive, new BackupManifest(99, "9.9", "", 0, []), folder, Ct);
                break;
        }

        var refused = await Should.ThrowAsync<UserErrorException>(() => Command.RestoreAsync(Elsewhere, Archive, replace: false, Ct));
        if (fault is not "changed" and not "cut") refused.Message.ShouldContain(why);
        refused.Message.ShouldContain("cannot be restored");
        Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order().ShouldBe(["backup", "platform"]);
    }

    [Fact]
    public async Task A_platform_that_runs_is_not_replaced()
    {
        await using var running = await RunningAsync();
        await Command.BackupAsync(Platform, Archive, Ct);
        (await Should.ThrowAsync<UserErrorException>(() => Command.RestoreAsync(Platform, Archive, replace: true, Ct))).Message.ShouldContain("runs");
    }

    [Fact]
    public async Task A_platform_that_is_there_is_kept_when_it_is_replaced_and_refused_otherwise()
    {
        await using (await RunningAsync()) await Command.BackupAsync(Platform, Archive, Ct);
        await File.WriteAllTextAsync(Path.Combine(Platform, "mark"), "", Ct);
        (await Should.ThrowAsync<UserErrorException>(() => Command.RestoreAsync(Platform, Archive, replace: false, Ct))).Message.ShouldContain("is not empty");
        await Command.RestoreAsync(Platform, Archive, replace: true, Ct);
        File.Exists(Path.Combine(Platform, "mark")).ShouldBeFalse();
        File.Exists(Path.Combine(Directory.EnumerateDirectories(folder, "platform.replaced-*").ShouldHaveSingleItem(), "mark")).ShouldBeTrue();
    }

    private async Task<SqliteRevisionStore> RunningAsync()
    {
        var data = DataDirectory.Ensure(Platform);
        new Settings { Listen = "127.0.0.1:7777" }.Write(data);
        await File.WriteAllTextAsync(Path.Combine(data.Pki, "ca.key"), "key", Ct);
        var store = SqliteRevisionStore.Open(new() { Path = data.Database }, TimeProvider.System);
        for (var i = 0; i < 3; i++) await store.WriteAsync(new StoreWrite.Put(new("pods", "a", $"p{i}"), Precondition.Absent, 1, _ => "{}"u8.ToArray()), Ct);
        return store;
    }
}
