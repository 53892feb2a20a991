using System.IO.Compression;
using System.Xml;

namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>Writes a table as an Office Open XML workbook of one sheet. Whole numbers are numbers, everything else is text.</summary>
internal static class Spreadsheet
{
    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private const string Package = "http://schemas.openxmlformats.org/package/2006/";
    private const string Content = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    private const int LongestNumber = 15;

    /// <summary>Writes it.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="rows">The rows.</param>
    internal static void Write(Stream stream, IEnumerable<IReadOnlyList<string>> rows)
    {
        using ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true);
        Part(zip, "[Content_Types].xml", $"""
            <Types xmlns="{Package}content-types">
            <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
            <Override PartName="/xl/workbook.xml" ContentType="{Content}.sheet.main+xml"/>
            <Override PartName="/xl/worksheets/sheet1.xml" ContentType="{Content}.worksheet+xml"/>
            </Types>
            """);
        Part(zip, "_rels/.rels", Relation($"{Office}/officeDocument", "xl/workbook.xml"));
        Part(zip, "xl/_rels/workbook.xml.rels", Relation($"{Office}/worksheet", "worksheets/sheet1.xml"));
        Part(zip, "xl/workbook.xml", $"""
            <workbook xmlns="{Main}" xmlns:r="{Office}"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>
            """);
        using Stream sheet = zip.CreateEntry("xl/worksheets/sheet1.xml").Open();
        using XmlWriter xml = XmlWriter.Create(sheet, new XmlWriterSettings { CheckCharacters = false });
        xml.WriteStartElement("worksheet", Main);
        xml.WriteStartElement("sheetData", Main);
        foreach (IReadOnlyList<string> row in rows)
        {
            xml.WriteStartElement("row", Main);
            foreach (string cell in row)
            {
                WriteCell(xml, cell);
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static void WriteCell(XmlWriter xml, string cell)
    {
        bool isNumber = cell.Length is > 0 and <= LongestNumber && cell.All(char.IsAsciiDigit) && (cell.Length == 1 || cell[0] != '0');
        xml.WriteStartElement("c", Main);
        if (isNumber)
        {
            xml.WriteElementString("v", Main, cell);
        }
        else
        {
            xml.WriteAttributeString("t", "inlineStr");
            xml.WriteStartElement("is", Main);
            xml.WriteStartElement("t", Main);
            xml.WriteAttributeString("xml", "space", null, "preserve");
            xml.WriteString(string.Concat(cell.Where(XmlConvert.IsXmlChar)));
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static string Relation(string type, string target) =>
        $"""<Relationships xmlns="{Package}relationships"><Relationship Id="r1" Type="{type}" Target="{target}"/></Relationships>""";

    private static void Part(ZipArchive zip, string name, string xml)
    {
        using StreamWriter writer = new(zip.CreateEntry(name).Open());
        writer.Write(xml);
    }
}
