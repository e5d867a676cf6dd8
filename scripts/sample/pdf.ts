import PDFDocument from 'pdfkit'
import type { Sheet } from './sheet.js'

const LEFT = 56
const COLUMNS: readonly number[] = [56, 236, 326, 396]

/** A sheet as PDF, one A4 page. The same sheet gives the same bytes: its instant is its own, and nothing else counts. */
export async function pdfOf ({ title, date, structure, author, person, content }: Sheet): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    margin: LEFT,
    lang: 'fr-FR',
    info: { Title: title, Author: `${author.given} ${author.family}`, Producer: 'espace-sante-fhir sample', Creator: 'espace-sante-fhir sample', CreationDate: new Date(date) }
  })
  const chunks: Buffer[] = []
  document.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = new Promise<void>((resolve, reject) => document.once('end', resolve).once('error', reject))

  document.font('Helvetica-Bold').fontSize(11).text(structure).moveDown(0.2)
  document.font('Helvetica').fontSize(9).text(`${author.given} ${author.family}`).moveDown(1.2)
  document.font('Helvetica-Bold').fontSize(15).text(title).moveDown(0.6)
  document.font('Helvetica').fontSize(10)
    .text(`Patient : ${person.family} ${person.given}, né(e) le ${french(person.birthDate)}, INS ${person.ins}`)
    .text(`Date : ${french(date.slice(0, 10))}`).moveDown(1)
  for (const paragraph of content.paragraphs) document.text(paragraph).moveDown(0.4)
  if (content.table !== undefined) {
    for (const [index, cells] of [content.table.head, ...content.table.rows].entries()) {
      const { y } = document
      document.font(index === 0 ? 'Helvetica-Bold' : 'Helvetica')
      for (const [column, cell] of cells.entries()) document.text(cell, COLUMNS[column] ?? LEFT, y, { lineBreak: false })
      document.y = y + 15
    }
    document.font('Helvetica').text('', LEFT, document.y + 8)
  }
  document.moveDown(0.6).text(content.conclusion).moveDown(2)
  document.fontSize(8).fillColor('#666666').text('Document de démonstration : personnes, structures et résultats sont fictifs.')
  document.end()
  await ended
  return Buffer.concat(chunks)
}

const french = (date: string) => date.split('-').toReversed().join('/')
