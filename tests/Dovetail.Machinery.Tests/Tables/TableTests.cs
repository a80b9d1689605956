using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Dovetail.Machinery.JsonPath;
using Dovetail.Machinery.Tables;
using Dovetail.Machinery.Tests.Schemas;

namespace Dovetail.Machinery.Tests.Tables;

public sealed class TableTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(-1, "0s")]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(121, "2m1s")]
    [InlineData(599, "9m59s")]
    [InlineData(600, "10m")]
    [InlineData(3600 * 3 - 1, "179m")]
    [InlineData(3600 * 3, "3h")]
    [InlineData(3600 * 3 + 60, "3h1m")]
    [InlineData(3600 * 8, "8h")]
    [InlineData(3600 * 47, "47h")]
    [InlineData(3600 * 48, "2d")]
    [InlineData(3600 * 49, "2d1h")]
    [InlineData(86400 * 8, "8d")]
    [InlineData(86400 * 729, "729d")]
    [InlineData(86400 * 730, "2y")]
    [InlineData(86400 * 731, "2y1d")]
    [InlineData(86400L * 365 * 8, "8y")]
    public void Ages_are_worded_as_kubectl_words_them(long seconds, string text) => HumanDuration.Format(TimeSpan.FromSeconds(seconds)).ShouldBe(text);

    [Theory]
    [InlineData("", "namespaces", """{"metadata":{"name":"a","creationTimestamp":"2026-11-23T11:59:00Z"},"status":{"phase":"Active"}}""", """["a","Active","60s"]""")]
    [InlineData("", "secrets", """{"metadata":{"name":"a"},"type":"Opaque","data":{"x":"","y":""}}""", """["a","Opaque",2,"<unknown>"]""")]
    [InlineData("", "configmaps", """{"metadata":{"name":"a"},"data":{"x":""},"binaryData":{"z":""}}""", """["a",2,"<unknown>"]""")]
    [InlineData("coordination.k8s.io", "leases", """{"metadata":{"name":"a"},"spec":{"holderIdentity":"h"}}""", """["a","h","<unknown>"]""")]
    [InlineData("", "services", """{"metadata":{"name":"a"},"spec":{"type":"NodePort","clusterIP":"10.0.0.1","ports":[{"port":80,"nodePort":30000,"protocol":"TCP"},{"port":53,"protocol":"UDP"}],"selector":{"b":"2","a":"1"}}}""", """["a","NodePort","10.0.0.1","<none>","80:30000/TCP,53/UDP","<unknown>","a=1,b=2"]""")]
    [InlineData("", "nodes", """{"metadata":{"name":"n","labels":{"node-role.kubernetes.io/worker":"","node-role.kubernetes.io/control-plane":""}},"spec":{"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"True"}],"addresses":[{"type":"InternalIP","address":"1.2.3.4"}],"nodeInfo":{"kubeletVersion":"v1","osImage":"Debian","kernelVersion":"6","containerRuntimeVersion":"containerd://1"}}}""", """["n","Ready,SchedulingDisabled","control-plane,worker","<unknown>","v1","1.2.3.4","<none>","Debian","6","containerd://1"]""")]
    [InlineData("apps", "deployments", """{"metadata":{"name":"d"},"spec":{"replicas":3,"selector":{"matchLabels":{"app":"x"}},"template":{"spec":{"containers":[{"name":"c","image":"i"},{"name":"e","image":"j"}]}}},"status":{"readyReplicas":1,"updatedReplicas":2,"availableReplicas":1}}""", """["d","1/3",2,1,"<unknown>","c,e","i,j","app=x"]""")]
    [InlineData("apps", "daemonsets", """{"metadata":{"name":"d"},"spec":{"selector":{"matchExpressions":[{"key":"k","operator":"In","values":["b","a"]}]},"template":{"spec":{"nodeSelector":{"z":"1"},"containers":[{"name":"c","image":"i"}]}}},"status":{"desiredNumberScheduled":1,"currentNumberScheduled":1,"numberReady":0,"updatedNumberScheduled":1,"numberAvailable":0}}""", """["d",1,1,0,1,0,"z=1","<unknown>","c","i","k in (a,b)"]""")]
    [InlineData("", "events", """{"metadata":{"name":"e"},"type":"Normal","reason":"R","message":" m ","count":4,"firstTimestamp":"2026-11-23T11:00:00Z","lastTimestamp":"2026-11-23T11:59:30Z","involvedObject":{"kind":"Pod","name":"p","fieldPath":"f"},"source":{"component":"c","host":"h"}}""", """["30s","Normal","R","pod/p","f","c, h","m","60m",4,"e"]""")]
    [InlineData("apiextensions.k8s.io", "customresourcedefinitions", """{"metadata":{"name":"a.b","creationTimestamp":"2026-11-23T11:59:00Z"}}""", """["a.b","2026-11-23T11:59:00Z"]""")]
    public void Built_in_kinds_have_kubectls_cells(string group, string plural, string item, string cells) => Cells(BuiltInTables.Find(group, plural), item).ShouldBeJson(cells);

    [Theory]
    [InlineData("""{"phase":"Running","podIPs":[{"ip":"10.1"}],"containerStatuses":[{"ready":true,"restartCount":2,"state":{"running":{}},"lastState":{"terminated":{"finishedAt":"2026-11-23T11:58:20Z"}}}]}""", """["1/1","Running","2 (100s ago)"]""")]
    [InlineData("""{"phase":"Pending"}""", """["0/1","Pending","0"]""")]
    [InlineData("""{"phase":"Pending","containerStatuses":[{"restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff"}}}]}""", """["0/1","ImagePullBackOff","0"]""")]
    [InlineData("""{"phase":"Succeeded","containerStatuses":[{"restartCount":0,"state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}""", """["0/1","Completed","0"]""")]
    [InlineData("""{"phase":"Failed","containerStatuses":[{"restartCount":0,"state":{"terminated":{"exitCode":7}}}]}""", """["0/1","ExitCode:7","0"]""")]
    [InlineData("""{"phase":"Failed","containerStatuses":[{"restartCount":0,"state":{"terminated":{"exitCode":137,"signal":9}}}]}""", """["0/1","Signal:9","0"]""")]
    [InlineData("""{"phase":"Failed","reason":"Evicted"}""", """["0/1","Evicted","0"]""")]
    [InlineData("""{"phase":"Pending","initContainerStatuses":[{"name":"i","restartCount":1,"state":{"running":{}}}]}""", """["0/1","Init:0/1","1"]""")]
    [InlineData("""{"phase":"Pending","initContainerStatuses":[{"name":"i","restartCount":1,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}""", """["0/1","Init:CrashLoopBackOff","1"]""")]
    [InlineData("""{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}""", """["0/1","SchedulingGated","0"]""")]
    public void A_pods_status_says_what_keeps_it(string status, string expected)
    {
        var cells = Cells(BuiltInTables.Find("", "pods"), "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"initContainers\":[{\"name\":\"i\"}],\"containers\":[{\"name\":\"c\"}]},\"status\":" + status + "}");
        new JsonArray(cells[1]!.DeepClone(), cells[2]!.DeepClone(), cells[3]!.DeepClone()).ShouldBeJson(expected);
    }

    [Fact]
    public void A_pod_that_is_being_deleted_is_terminating() =>
        Cells(BuiltInTables.Find("", "pods"), """{"metadata":{"name":"p","deletionTimestamp":"2026-11-23T11:00:00Z"},"spec":{"containers":[{}]},"status":{"phase":"Running"}}""")[2].ShouldBeJson("\"Terminating\"");

    [Fact]
    public void Printer_columns_of_a_custom_resource_are_typed()
    {
        var table = CustomResourceTable.Create((JsonArray)JsonNode.Parse("""
            [{"name":"Status","type":"string","jsonPath":".status.printableStatus"},
             {"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].status"},
             {"name":"Count","type":"integer","jsonPath":".spec.count","priority":1,"description":"How many."},
             {"name":"On","type":"boolean","jsonPath":".spec.on"},
             {"name":"Ratio","type":"number","jsonPath":".spec.ratio"},
             {"name":"IPs","type":"string","jsonPath":".status.ips"},
             {"name":"Wrong","type":"integer","jsonPath":".spec.on"},
             {"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}]
            """)!);
        Cells(table, """{"metadata":{"name":"a","creationTimestamp":"2026-11-23T11:55:00Z"},"spec":{"count":3,"on":true,"ratio":0.5},"status":{"printableStatus":"Running","conditions":[{"type":"Ready","status":"True"}],"ips":["1","2"]}}""")
            .ShouldBeJson("""["a","Running","True",3,true,0.5,"[\"1\",\"2\"]",null,"5m"]""");
        Cells(table, """{"metadata":{"name":"a"}}""").ShouldBeJson("""["a",null,null,null,null,null,null,null,null]""");
        table.Columns[3].ShouldBe(new TableColumn("Count", "integer", "", "How many.", 1));
        table.Columns[1].Description.ShouldBe("Custom resource definition column (in JSONPath format): .status.printableStatus");
    }

    [Theory]
    [InlineData(IncludeObject.Metadata, """{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"a","labels":{"x":"<y>"}}}""")]
    [InlineData(IncludeObject.Object, """{"metadata":{"name":"a","labels":{"x":"<y>"}},"data":{}}""")]
    [InlineData(IncludeObject.None, "null")]
    public void Rows_carry_what_was_asked_for(IncludeObject include, string expected)
    {
        var table = Render(BuiltInTables.Default, include, """{"metadata":{"name":"a","labels":{"x":"<y>"}},"data":{}}""");
        table["rows"]![0]!["object"].ShouldBeJson(expected);
        table["metadata"].ShouldBeJson("""{"resourceVersion":"7","continue":"c","remainingItemCount":3}""");
        (table["kind"]!.ToString(), table["apiVersion"]!.ToString()).ShouldBe(("Table", "meta.k8s.io/v1"));
        table["columnDefinitions"]![0]!["format"]!.ToString().ShouldBe("name");
    }

    [Fact]
    public void Cells_of_custom_columns_are_what_a_parsed_document_has_at_their_paths() => CompactJsonTests.Objects(4).Sample(node =>
    {
        string[] paths = [".a", ".a.b", ".metadata.labels", ".a[0]", ".b[*].a", "..b", ".metadata['a']"];
        var table = CustomResourceTable.Create([.. paths.Select(path => new JsonObject { ["name"] = path, ["type"] = "string", ["jsonPath"] = path })]);
        var json = node!.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        using var document = JsonDocument.Parse(json);
        var cells = Cells(table, json);
        for (var i = 0; i < paths.Length; i++)
        {
            var expected = JsonPathExpression.Parse(paths[i]).TryFirst(document.RootElement, out var found) && found.ValueKind != JsonValueKind.Null ? JsonPathExpression.Print(found) : null;
            ((string?)cells[i + 1]).ShouldBe(expected, $"{paths[i]} of {json}");
        }
    });

    [Theory]
    [InlineData("2026-11-23T11:59:00Z", "60s")]
    [InlineData("2026-11-23T11:59:00.5Z", "59s")]
    [InlineData("2026-11-23T12:59:00+01:00", "60s")]
    [InlineData("2026-02-30T00:00:00Z", "<invalid>")]
    [InlineData("0000-01-01T00:00:00Z", "<invalid>")]
    [InlineData("2026-11-23T1x:59:00Z", "<invalid>")]
    [InlineData("2026-11-23T24:00:00Z", "<invalid>")]
    [InlineData("", "<unknown>")]
    public void An_age_is_counted_from_any_timestamp_that_is_one(string timestamp, string age) => HumanDuration.Since(timestamp, Now).ShouldBe(age);

    [Theory]
    [InlineData("plain")]
    [InlineData("quote \" and \\ and \n and \u0001")]
    [InlineData("é 漢 😀 \u2028")]
    [InlineData("")]
    public void Texts_of_cells_are_escaped(string text) =>
        ((string?)Cells(BuiltInTables.Find("", "namespaces"), new JsonObject { ["metadata"] = new JsonObject { ["name"] = text } }.ToJsonString())[0]).ShouldBe(text);

    [Fact]
    public void A_row_costs_the_same_in_a_long_table_as_in_a_short_one()
    {
        var pod = Encoding.UTF8.GetBytes("""{"metadata":{"name":"p","labels":{"a":"b"},"creationTimestamp":"2026-11-23T11:55:00Z"},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]},"status":{"phase":"Running","containerStatuses":[{"ready":true,"restartCount":0,"state":{"running":{}}}]}}""");
        long AllocatedBy(int rows)
        {
            var output = new ArrayBufferWriter<byte>(16 << 20); // its growth is not the table's work
            var before = GC.GetAllocatedBytesForCurrentThread();
            TableWriter.WriteTable(output, BuiltInTables.Find("", "pods"), new ListMetadata("1"), Enumerable.Repeat((ReadOnlyMemory<byte>)pod, rows), IncludeObject.Metadata, Now);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        AllocatedBy(100); // what is made once
        var row = (AllocatedBy(10_000) - AllocatedBy(1_000)) / 9_000;
        TestContext.Current.TestOutputHelper?.WriteLine($"{row} bytes a row");
        row.ShouldBeLessThan(1024);
    }

    private static JsonArray Cells(TableDefinition table, string item) => (JsonArray)Render(table, IncludeObject.None, item)["rows"]![0]!["cells"]!;

    private static JsonObject Render(TableDefinition table, IncludeObject include, string item)
    {
        var output = new ArrayBufferWriter<byte>();
        TableWriter.WriteTable(output, table, new ListMetadata("7", "c", 3), [Encoding.UTF8.GetBytes(item)], include, Now);
        return (JsonObject)JsonNode.Parse(output.WrittenSpan)!;
    }
}
